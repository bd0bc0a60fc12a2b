"""The pages, as Streamlit runs them: once for each look of each viewer."""

from __future__ import annotations

import streamlit as st

from dashboard.door import enter

viewer = enter()
st.title("Hubledger")
st.write(f"{viewer.role}: {', '.join(sorted(viewer.communities)) or 'everything'}")
