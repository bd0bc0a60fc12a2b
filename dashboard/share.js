// Takes a share link's token from the fragment, which no server and no proxy sees, to the server, and out of the address.
"use strict";
(async () => {
  const said = document.getElementById("said");
  const token = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  const refused = "This link is not valid: it may be incomplete, expired or taken back. Ask whoever gave it to you for a new one.";
  if (!token) {
    said.textContent = refused;
    return;
  }
  try {
    const answer = await fetch(location.pathname, { method: "POST", body: token, credentials: "same-origin" });
    if (answer.ok) {
      location.replace("./");
    } else {
      said.textContent = refused;
    }
  } catch {
    said.textContent = "The dashboard can't be reached: try again later.";
  }
})();
