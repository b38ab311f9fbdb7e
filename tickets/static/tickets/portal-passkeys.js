// Passkeys in the portal. Where the browser cannot do them, the page stays as it is.
const able = "PublicKeyCredential" in window && "parseRequestOptionsFromJSON" in PublicKeyCredential;

async function post(form, url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    body: JSON.stringify(body ?? {}),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail || said.title || "");
  return said;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!able) break;
  form.hidden = false;
  const problem = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    delete form.dataset.sent;
    try {
      const options = await post(form, form.dataset.begin);
      const adds = form.dataset.passkey === "add";
      const credential = adds
        ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey ?? options) })
        : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey ?? options) });
      const label = form.elements.label?.value ?? "";
      location.assign((await post(form, form.action, { credential: credential.toJSON(), label })).to);
    } catch (error) {
      // Whoever closes the browser's own window wanted to stop.
      if (error.name === "NotAllowedError" || error.name === "AbortError") return;
      problem.querySelector("span").textContent = error.message || problem.dataset.words;
      problem.hidden = false;
    }
  });
}
