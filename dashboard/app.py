"""The pages, as Streamlit runs them: once for each look of each viewer."""

from __future__ import annotations

from dashboard.door import enter, leave
from dashboard.pages import navigate
from dashboard.words import Words

words = Words()
site, viewer = enter(words)
navigate(site, viewer, words)
leave(words)
