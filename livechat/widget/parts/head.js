// The visitor's side of live chat, on pages that are not ours: one file, no dependency, a shadow
// root of its own. It holds no configuration; words, colours and questions are fetched.
//
// Built for a strict policy of the page around it: one constructed style sheet, no style attribute,
// nothing that people wrote is ever parsed as script, style or live markup, and pictures are drawn
// on a canvas, so that the page need not allow ours. What it needs is script-src and connect-src.

const script = document.currentScript ?? document.querySelector("script[src*='/widget/']");
const source = new URL(script.src);
const KEY = source.pathname.match(/\/widget\/([\w-]+)\.js$/)?.[1];
if (!KEY || document.querySelector(`helpdesk-chat[data-key="${KEY}"]`)) return;
const BASE = `${source.origin}/chat/${KEY}/`;
const HERE = `helpdesk-chat:${KEY}:`;
const QUIET = `${HERE}quiet`;
const page = (window.helpdeskChat ??= {});

const SECOND = 1000;
const CONFIG_FRESH = 5 * 60 * SECOND;
const ANSWER_PATIENCE = 20 * SECOND;
const AUTH_PATIENCE = 6 * SECOND;
const BEAT_PATIENCE = 40 * SECOND;     // the server beats every 15 s
const SOCKET_AGAIN = 60 * SECOND;
const POLL_WAIT = 25;
const TYPING_EVERY = 3 * SECOND;
const TYPING_LASTS = 60 * SECOND;     // its end is told; this is for when the line breaks before
const PREVIEW_EVERY = SECOND;
const PREVIEW_LENGTH = 500;
const GROUP_GAP = 5 * 60 * SECOND;
const PICTURE_WIDTH = 560;
const EMOJI = "😀 😂 🙂 😉 😍 🤔 😕 😢 😡 👍 👎 🙏 👏 👋 ❤️ 🎉 ✅ ❌".split(" ");
const FULL_SCREEN = "(max-width: 520px), (max-height: 480px)";
