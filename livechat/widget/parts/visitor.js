// Who is here

/** Makes us known to the server, once for all tabs; a sign-in at the host is proved again. */
const beKnown = () => alone("visitor", async () => {
  const known = me();
  const host = hostToken();
  if (known.token && (known.host ?? "") === host) return;
  const before = known.token ? known : parsed(kept.get(`${spaceOf("")}me`));
  const meet = (token, body = {}) => ask("POST", "visitors/", { token, body });
  const made = await meet(before.token, host && { host_token: host }).catch((problem) => {
    if (problem.isPassing || problem.status === 403) throw problem;
    // The host's word is over, or ours is: better to be heard as a stranger than not at all.
    return meet(problem.code === "bad_host_token" ? before.token : "");
  });
  const isSame = made.visitor === before.visitor;
  noteMe({ token: made.token, visitor: made.visitor, verified: made.verified, host, chat: isSame ? before.chat : "" });
  // What somebody asked before signing in is theirs now, and must not wait here for the next person.
  if (host && before !== known) kept.drop(`${spaceOf("")}me`);
});

let listed = [];     // the visitor's chats, newest first
let isBanned = false;
async function readMe() {
  if (hostToken()) await beKnown();
  if (!me().token) return;
  try {
    const known = await ask("GET", "me/");
    listed = known.chats ?? [];
    noteMe({ chat: known.current ?? "", verified: known.verified, name: known.name });
  } catch (problem) {
    if (problem.status === 401) { forgetMe(); listed = []; } else noteRefusal(problem);
  }
}

function noteRefusal(problem) {
  if (problem.status === 403) { isBanned = true; disconnect(); paint(); }
}
