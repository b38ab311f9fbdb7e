"""What every bot can say until its house has other words for it."""

from bots.dialogue.shapes import Texts
from core.languages import simplify, traditional

_OTHER_SCRIPT = {"zh-hant": "zh-hans", "zh-hans": "zh-hant"}

PHRASES: dict[str, Texts] = {
    "greeting": {
        "en": "Hello, I am {name}. What can I do for you?",
        "zh-hans": "您好，我是{name}。有什么可以帮您？",
        "zh-hant": "您好，我是{name}。有什麼可以幫您？",
    },
    "welcome_new": {
        "en": "Welcome! These pages may help you to begin.",
        "zh-hans": "欢迎！这几篇文章或许能帮您快速上手。",
        "zh-hant": "歡迎！這幾篇文章或許能幫您快速上手。",
    },
    "thanks": {"en": "You are welcome.", "zh-hans": "不客气。", "zh-hant": "不客氣。"},
    "got_it": {
        "en": "Is there anything else?",
        "zh-hans": "还有其他可以帮您的吗？",
        "zh-hant": "還有其他可以幫您的嗎？",
    },
    "bye": {
        "en": "Goodbye, and write again any time.",
        "zh-hans": "再见，随时欢迎再来。",
        "zh-hant": "再見，隨時歡迎再來。",
    },
    "who": {
        "en": "I am {name}, a bot. I help with the usual questions; for all else there are "
        "people, just say “person”.",
        "zh-hans": "我是{name}，一个机器人。常见问题我来答，其他的交给同事，说“人工”就行。",
        "zh-hant": "我是{name}，一個機器人。常見問題我來答，其他的交給同事，說「人工」就行。",
    },
    "how": {
        "en": "Fine, thank you. What can I do for you?",
        "zh-hans": "很好，谢谢。有什么可以帮您？",
        "zh-hant": "很好，謝謝。有什麼可以幫您？",
    },
    "joke": {
        "en": "I leave jokes to my colleagues. What can I do for you?",
        "zh-hans": "讲笑话不是我的强项。有什么可以帮您？",
        "zh-hant": "講笑話不是我的強項。有什麼可以幫您？",
    },
    "all_right": {
        "en": "All right. Is there anything else?",
        "zh-hans": "好的。还有其他可以帮您的吗？",
        "zh-hant": "好的。還有其他可以幫您的嗎？",
    },
    "nothing_done": {
        "en": "All right, nothing is changed.",
        "zh-hans": "好的，没有做任何更改。",
        "zh-hant": "好的，沒有做任何更改。",
    },
    "done_already": {
        "en": "That is done already; there is nothing left to do for it.",
        "zh-hans": "这个已经办好了，不需要再操作。",
        "zh-hant": "這個已經辦好了，不需要再操作。",
    },
    "back": {
        "en": "Back to where we were:",
        "zh-hans": "回到刚才的问题：",
        "zh-hant": "回到剛才的問題：",
    },
    "sorry": {
        "en": "I am sorry about the trouble.",
        "zh-hans": "很抱歉给您添了麻烦。",
        "zh-hant": "很抱歉給您添了麻煩。",
    },
    "again": {
        "en": "I did not get that.",
        "zh-hans": "我没太明白。",
        "zh-hant": "我沒太明白。",
    },
    "cannot_say": {
        "en": "That I cannot say for sure; say “person” if you would like to ask a colleague.",
        "zh-hans": "这个我没有把握，需要的话说“人工”，同事会答复您。",
        "zh-hant": "這個我沒有把握，需要的話說「人工」，同事會答覆您。",
    },
    "clarify": {
        "en": "What is it about? Choose one, or say it in other words.",
        "zh-hans": "请问是关于哪方面？可以选一项，或者换个说法。",
        "zh-hant": "請問是關於哪方面？可以選一項，或者換個說法。",
    },
    "yes": {"en": "Yes", "zh-hans": "是的", "zh-hant": "是的"},
    "no": {"en": "No", "zh-hans": "不用", "zh-hant": "不用"},
    "person": {"en": "Talk to a person", "zh-hans": "人工客服", "zh-hant": "人工客服"},
    "danger": {
        "en": "Please unplug it at once and leave it unplugged, keep away from it, and call the "
        "fire brigade if it burns.",
        "zh-hans": "请立即拔掉电源，不要再使用，也不要靠近；如有明火请拨打 119。",
        "zh-hant": "請立即拔掉電源，不要再使用，也不要靠近；如有明火請撥打 119。",
    },
    "not_that": {
        "en": "That I cannot do. With questions about your own order and the shop I can help.",
        "zh-hans": "这个我不能做。您自己的订单和店里的问题，我可以帮忙。",
        "zh-hant": "這個我不能做。您自己的訂單和店裡的問題，我可以幫忙。",
    },
    "calm": {
        "en": "I understand that this is annoying.",
        "zh-hans": "我理解您的心情。",
        "zh-hant": "我理解您的心情。",
    },
    "hand_over": {
        "en": "I am passing you to a colleague, who sees everything you wrote here.",
        "zh-hans": "我为您转接同事，您写的内容他都能看到，不用重复。",
        "zh-hant": "我為您轉接同事，您寫的內容他都能看到，不用重複。",
    },
    "hand_over.asked_for_person": {
        "en": "Of course. A colleague takes over and sees everything you wrote here.",
        "zh-hans": "好的，马上为您转人工，您写的内容同事都能看到。",
        "zh-hant": "好的，馬上為您轉人工，您寫的內容同事都能看到。",
    },
    "hand_over.vip": {
        "en": "Hello! A colleague is with you in a moment.",
        "zh-hans": "您好！同事马上为您服务。",
        "zh-hant": "您好！同事馬上為您服務。",
    },
    "hand_over.low_confidence": {
        "en": "I would rather not guess here. I am passing you to a colleague, who sees "
        "everything you wrote.",
        "zh-hans": "这个我没有把握，不想乱说。我为您转接同事，您写的内容他都能看到。",
        "zh-hant": "這個我沒有把握，不想亂說。我為您轉接同事，您寫的內容他都能看到。",
    },
    "hand_over.closed": {
        "en": "My colleagues are back {back}. They see everything you wrote here and answer you "
        "by mail.",
        "zh-hans": "同事{back}上班，您写的内容他们都能看到，会通过邮件答复您。",
        "zh-hant": "同事{back}上班，您寫的內容他們都能看到，會透過郵件答覆您。",
    },
    "hand_over.closed_here": {
        "en": "My colleagues are back {back}. They see everything you wrote here, and their answer "
        "will stand in this chat.",
        "zh-hans": "同事{back}上班，您写的内容他们都能看到，答复会出现在这个聊天里。",
        "zh-hant": "同事{back}上班，您寫的內容他們都能看到，答覆會出現在這個聊天裡。",
    },
    "hand_over.failure": {
        "en": "I cannot get any further here. I am passing you to a colleague, who sees "
        "everything you wrote.",
        "zh-hans": "我这边查不下去了，为您转接同事，您写的内容他都能看到。",
        "zh-hant": "我這邊查不下去了，為您轉接同事，您寫的內容他都能看到。",
    },
}


def pick(texts: Texts, language: str) -> str:
    """In the language, in another script or region of it, in English, or in the first there is.
    Chinese is said in the characters of whoever reads it."""
    if language in texts:
        return texts[language]
    if text := texts.get(_OTHER_SCRIPT.get(language, "")):
        return traditional(text) if language == "zh-hant" else simplify(text)
    family = language.partition("-")[0]
    near = (text for code, text in texts.items() if code.partition("-")[0] == family)
    return next(near, "") or texts.get("en", "") or next(iter(texts.values()), "")
