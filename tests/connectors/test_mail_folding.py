"""What mail programs add below an answer, in the words of each, and what must stay in sight."""

import pytest

from connectors.mail.text import fold_quotes

# Everything after "Thanks!" is to be folded away.
FOLDED = {
    "gmail": "On Tue, Mar 3, 2026 at 6:20 PM Support <s@demo.test> wrote:\n> Hello",
    "gmail-html": "On Tue, Mar 3, 2026 at 6:20 PM Support <s@demo.test> wrote:\n\nHello",
    "gmail-broken": "On Tue, Mar 3, 2026 at 6:20 PM Support\n<s@demo.test> wrote:\n> Hi",
    "gmail-zh": "Support <s@demo.test> 于2026年3月3日周二 18:20写道：\n> 您好",
    "gmail-zh-broken": "Support Team at Demo <s@demo.test>\n于2026年3月3日周二 18:20写道：\n> 您好",
    "gmail-tw": "Support <s@demo.test> 於 2026年3月3日 週二 下午6:20寫道：\n> 您好",
    "gmail-de": "Am Di., 3. März 2026 um 18:20 Uhr schrieb Support <s@demo.test>:\n\n> Hallo",
    "gmail-fr": "Le mar. 3 mars 2026 à 18:20, Support <s@demo.test> a écrit :\n\n> Bonjour",
    "gmail-es": "El mar, 3 mar 2026 a las 18:20, Support (<s@demo.test>) escribió:\n\n> Hola",
    "gmail-it": "Il giorno mar 3 mar 2026 alle ore 18:20 S <s@demo.test> ha scritto:\n> Ciao",
    "gmail-nl": "Op di 3 mrt 2026 om 18:20 schreef Support <s@demo.test>:\n\n> Hallo",
    "gmail-pt": "Em ter., 3 de mar. de 2026 às 18:20, S <s@demo.test> escreveu:\n\n> Olá",
    "gmail-ja": "2026年3月3日(火) 18:20 Support <s@demo.test>:\n\n> こんにちは",
    "gmail-ko": "2026년 3월 3일 (화) 오후 6:20, Support <s@demo.test>님이 작성:\n\n> 안녕",
    "apple": "> On 3 Mar 2026, at 18:20, Support <s@demo.test> wrote:\n> \n> Hello",
    "apple-zh": "> 在 2026年3月3日，18:20，Support <s@demo.test> 写道：\n> \n> 您好",
    "apple-zh-phone": "> 2026年3月3日 18:20，Support <s@demo.test> 写道：\n> \n> 您好",
    "apple-de": "> Am 03.03.2026 um 18:20 schrieb Support <s@demo.test>:\n> \n> Hallo",
    "apple-fr": "> Le 3 mars 2026 à 18:20, Support <s@demo.test> a écrit :\n> \n> Bonjour",
    "yahoo": "On Tuesday, March 3, 2026 at 06:20:00 PM GMT, S <s@demo.test> wrote:\n\n\nHello",
    "proton": "On Tuesday, March 3rd, 2026 at 18:20, S <s@demo.test> wrote:\n\n> Hello",
    "zoho": "---- On Tue, 03 Mar 2026 18:20:00 +0800 S <s@demo.test> wrote ----\n\nHello",
    "yandex": '03.03.2026, 18:20, "Support" <s@demo.test>:\n> Hello',
    "thunderbird": "On 3/3/26 18:20, Support wrote:\n> Hello",
    "thunderbird-de": "Am 03.03.26 um 18:20 schrieb Support:\n> Hallo",
    "thunderbird-fr": "Le 03/03/2026 à 18:20, Support a écrit :\n> Bonjour",
    "thunderbird-zh": "在 2026/3/3 18:20, Support 写道:\n> 您好",
    "gmx": (
        'Gesendet: Dienstag, 3. März 2026 um 18:20 Uhr\nVon: "S" <s@demo.test>\nAn: c@example.org\n'
        "Betreff: Lampe\n\nHallo"
    ),
    "outlook": "-----Original Message-----\nFrom: Support\nSent: Tuesday\n\nHello",
    "outlook-head": "From: Support <s@demo.test>\nSent: Tuesday\nTo: C\nSubject: x\n\nHi",
    "outlook-bold": "*From:* Support <s@demo.test>\n*Sent:* Tuesday\n*To:* C\n\nHi",
    "outlook-rule": "_" * 32 + "\nFrom: Support\nSent: Tuesday\n\nHello",
    "outlook-zh": "发件人: Support\n发送时间: 2026年3月3日\n收件人: 陈\n主题: x\n\n您好",
    "outlook-tw": "寄件者: Support\n寄件日期: 2026年3月3日\n收件者: 陳\n主旨: x\n\n您好",
    "outlook-de": "Von: Support <s@demo.test>\nGesendet: Dienstag\nAn: C\nBetreff: x\n\nHallo",
    "outlook-de-old": "-----Ursprüngliche Nachricht-----\nVon: S\nGesendet: Dienstag\n\nHallo",
    "outlook-fr": "De : Support <s@demo.test>\nEnvoyé : mardi\nÀ : C\nObjet : x\n\nBonjour",
    "outlook-fr-old": "-----Message d'origine-----\nDe : S\nEnvoyé : mardi\n\nBonjour",
    "samsung": "-------- Original message --------\nFrom: S <s@demo.test>\nDate: 3/3/26\n\nHello",
    "qq": "------------------ 原始邮件 ------------------\n发件人: S\n\n您好",
    "qq-spaces": "------------------\xa0原始邮件\xa0------------------\n发件人: S;\n\n您好",
    "netease": '在 2026-03-03 18:20:00，"Support" <s@demo.test> 写道：\n>您好',
    "netease-en": 'At 2026-03-03 18:20:00, "Support" <s@demo.test> wrote:\n>Hello',
    "netease-master": "---- 回复的原邮件 ----\n| 发件人 | Support |\n| 日期 | 3-03 |\n\n您好",
    "foxmail": "发件人： Support\n发送时间： 2026-03-03 18:20\n收件人： 陈\n主题： x\n您好",
    "aliyun": "-" * 66 + "\n发件人：Support <s@demo.test>\n发送时间：2026年3月3日\n\n您好",
    "sina": "----- 原始邮件 -----\n发件人：S <s@demo.test>\n收件人：c\n\n您好",
    "bare": "> Hello\n> there\n",
    "signature": "-- \nCarol Weber\nLamp Street 5",
    "signature-and-quote": "-- \nCarol\n\nOn 3/3/26 18:20, Support wrote:\n> Hello",
    "iphone": "Sent from my iPhone\n\n> On 3 Mar 2026, at 18:20, S <s@demo.test> wrote:\n> \n> Hi",
    "iphone-zh": "发自我的 iPhone\n\n> 在 2026年3月3日，18:20，S <s@demo.test> 写道：\n> \n> 您好",
    "iphone-tw": "從我的 iPhone 傳送",
    "iphone-de": "Von meinem iPhone gesendet\n\n> Am 03.03.2026 um 18:20 schrieb S:\n> Hallo",
    "iphone-fr": "Envoyé de mon iPhone\n\n> Le 3 mars 2026 à 18:20, S a écrit :\n> Bonjour",
    "outlook-phone": "Get Outlook for iOS<https://aka.ms/o0ukef>\n" + "_" * 32
    + "\nFrom: S <s@demo.test>\nSent: Tuesday\n\nHi",
    "outlook-phone-zh": "获取 Outlook for iOS",
    "qq-phone": "发自我的华为手机\n\n------------------ 原始邮件 ------------------\n发件人: S",
    "netease-phone": "发自网易邮箱大师",
}  # fmt: skip
KEPT = [
    "Just words.",
    "On Monday my lamp broke: it flickers.",
    "From: where do you send parcels?",
    "She wrote:\nplease call",
    "> first question\nyes\n> second question\nno",
    "On Tue, Mar 3, 2026 S <s@d.test> wrote:\n> Which colour?\nThe blue one.",
    "在家里用的时候它坏了：请帮忙",
    "> only a quotation",
    "Am Montag schrieb ich Ihnen schon:\nbitte rufen Sie an",
    "Le paquet que Paul a écrit :\nil manque",
    "我在3月3日给你们写道：\n请退款",
    "To: whom it may concern\nI want my money back.",
    "Date: 3 March\nPlace: Berlin\nThe lamp exploded.",
    "Two things\n--\none\n\ntwo\n\n" + "more\n" * 20,
    "我的退款呢？\n从我的账户扣款了",
    "The parcel was\nSent from Berlin on Monday",
    "这是\n来自我的朋友的推荐",
    "-- \nonly a signature",
]


@pytest.mark.parametrize("program", FOLDED)
def test_what_a_program_adds_is_folded(program):
    whole = "Thanks!\n\n" + FOLDED[program]

    visible, quoted = fold_quotes(whole)

    assert visible == "Thanks!"
    assert quoted.strip() == FOLDED[program].strip()


@pytest.mark.parametrize("words", KEPT)
def test_an_authors_own_words_stay_in_sight(words):
    assert fold_quotes(words) == (words, "")
