"""Words that mean the same whatever was taught: yes, no, a person, greetings, corrections.

A person must be reachable and a "yes" be understood on the first day, with no model at all.
"""

# Lists of words are read best as lines.
# ruff: noqa: E501, SIM905

import re

from bots.dialogue.acts import closing_in, consent_in

_EDGES = re.compile(r"^[\s\W_]+|[\s\W_]+$")

_PERSON = re.compile(
    r"人工|真人|活人|(?:接|转|换|叫|找|联系|聯繫)(?:一下|个|下)?(?:你们|你們)?的?客服|(?:能)?管事的|(?:找|叫|让|喊|要|请|跟|和|接|换|见)(?:一下|个|你们|你們|你)?的?(?:负责人|负责的人|领导|店长|負責人)|(?:你们|你們)的?(?:负责人|领导|店长|負責人)(?:呢|在|出来|来)|(?:跟|和|与|找个?|让|叫|换|要|来|派|喊)(?:个|一个|位|一位)?(?:真)?人(?:来|说话|说|聊|谈|讲|跟我|处理|解决|接|回|工|类|類)|不(?:想|要|愿意?)(?:跟|和|与)(?:机器|你(?:说|聊|讲))|(?:有|给|留).{0,4}(?:电话|客服热线)(?:吗|么|号码|可以打|能打)|给我打(?:个)?电话|打电话给我|回(?:个)?电话|转接?(?:到)?(?:客服|人)|找(?:个|一下|到)?(?:客服|人|经理|主管)|(?:有|是)没?有?(?:客服|活人|真人)"
    r"|(?:会|能)?喘气儿?的|有血有肉|大活人|(?:来|给|换|找|要|派|叫|整)(?:我|一?[个位])+(?:活的|懂行的|会说人话的|两条腿的|有温度的)|说人话的"
    r"|\bflesh[- ]and[- ]blood\b|\b(?:with|has|have|got) a (?:pulse|heartbeat)\b|\bliving,? (?:and )?breathing\b|\b(?:living|breathing|warm) (?:soul|being|body|creature|person)\b|\b(?:someone|somebody|anyone|anybody) (?:\w+ )?(?:breathing|living|with a brain)\b|\bnot (?:an? )?(?:software|algorithm|script|ai|chat ?bot|automaton)\b"
    r"|客服(?:呢|在吗|人员)|轉(?:接)?(?:客服|人工|真人)|專員|专员|(?:叫|让|喊)(?:你们)?(?:经理|主管|老板|客服)"
    r"|\b(?:(?:talk|speak|chat|get|connect|transfer|put|switch|hand|pass)\w*\b.{0,24}\b)?"
    r"(?:real|human|live|actual)\s+(?:person|being|agent|human|someone|somebody|support|operator|people)\b"
    r"|\b(?:talk|speak|chat|connect|transfer|put|switch|hand|pass)\w*\b.{0,24}"
    r"\b(?:person|human|agent|someone|somebody|representative|rep|operator|manager|supervisor|people|staff|colleague)\b"
    r"|\bhuman\s*(?:please|now|pls)?\s*[!.?]*$|^\W*(?:a\s+)?(?:person|agent|representative|operator|human)(?:\s+(?:please|now|pls))?\W*$"
    r"|\b(?:i\s+(?:want|need|would like|'d like)|can i (?:have|get)|give me|get me|is there)\s+(?:an?|the|some)?\s*"
    r"(?:person|human|agent|representative|operator|manager|supervisor|somebody|someone|real one)\b"
    r"|\b(?:(?:a|your|any|have a|got a) phone number|number (?:i|we) can (?:ring|call|phone)|hotline)\b|\b(?:ring|phone|call)\s+(?:somebody|someone|you(?: lot| guys)?\b(?! are| a))|\b(?:call|ring|phone) me\b|\b(?:somebody|someone|anybody|anyone)\s+(?:real|human|in charge|alive|else|who (?:can|is|knows)|from (?:your|the) (?:team|staff|shop|company))\b|\b(?:your|the|a)\s+(?:manager|supervisor|boss)\b|\bmember of (?:your )?staff\b|\breal (?:somebody|one)\b"
    r"|\bcustomer\s+service\s+(?:person|agent|rep\w*)\b|\bnot\s+(?:a|with a|to a)\s+(?:bot|robot|machine)\b",
    re.I,
)
_NOT_PERSON = re.compile(
    r"^\W*(?:请问|那|所以)?你(?:到底|究竟)?(?:是|就是)(?:不是)?(?:真人|活人|人工|机器人)[吗嘛么吧呀啊嗎]*\W*$|\b(?:are you|am i (?:talking|speaking|chatting) (?:to|with)|is this) (?:an? )?(?:actual |real |live )?(?:human|person|bot|robot|machine)\b[^,.]{0,12}$|\b(?:human|person|people)\b.{0,20}\bor\b.{0,30}\b(?:machine|bot|robot|computer|ai)\b|人\W{0,2}还是.{0,4}(?:机器|ai)|(?:机器人?|ai)\W{0,2}还是.{0,3}人|人工费|人工成本|人工(?:智能|皮)|delivery person|two people|my (?:manager|boss|supervisor)|我(?:们|的)?(?:领导|店长|老板|负责人|经理)|让(?:个)?人(?:帮我)?(?:拿|收|签)|call me (?:an? |stupid|silly|old)|i am the|我是.{0,6}(?:店长|负责人|领导)",
    re.I,
)

_YES = {
    *"yes y yep yeah yup sure ok okay correct right exactly confirm confirmed please do it".split(),
    *"absolutely definitely fine yes please|go ahead|do it|that's right|that is right".split("|"),
    *"yes do it|please do|sounds good|that's correct|looks good|of course|yes that's right".split(
        "|"
    ),
    *"是|是的|对|对的|好|好的|好吧|可以|行|嗯|嗯嗯|确认|确定|没错|没问题|对啊|要|要的|麻烦了|请|同意|对呀|是啊".split(
        "|"
    ),
    *"是的|對|對的|好的|可以|沒錯|沒問題|確認|確定|對啊".split("|"),
}
_NO = {
    *"no n nope nah don't stop cancel wrong incorrect".split(),
    *"no thanks|no thank you|not really|do not|please don't|that's wrong|not correct|don't do it".split(
        "|"
    ),
    *"不|不是|不对|不要|不用|不行|别|算了|错了|不用了|先不|先别|取消|不需要|没有|否".split("|"),
    *"不對|別|算了|錯了|先別|沒有".split("|"),
}
_LEADS_YES = re.compile(
    r"^(?:yes|yep|yeah|sure|ok(?:ay)?|correct|right)\b|^(?:是的?|对的?|好的?|好吧|行吧?|可以|嗯|没错|确认|對的?)(?:[，,。!！\s]|$)",
    re.I,
)
_LEADS_NO = re.compile(
    r"^(?:no|nope|nah)\b|^(?:不是?|不对|不要|不用|别|错了|算了|不對|別)(?:[，,。!！\s了]|$)", re.I
)

_FILLERS = re.compile(
    r"^(?:(?:h+m+|um+|uh+|er+|well|oh|ah|so|ok(?:ay)? so|嗯+|呃+|额+|啊|哦+|那个)[\s,，.。…!！]*)+",
    re.I,
)
_REFUSES = re.compile(
    r"\b(?:not (?:yet|now|today)|later|let me (?:think|ask|check|sleep|talk|speak|discuss|see)|(?:ask|check with|talk to|speak to|discuss it with) (?:my|the) \w+|not (?:so )?sure|undecided|hold (?:on|off)|don'?t|do not|leave it|keep (?:it|them|the order)|rather not|(?:of course|definitely|absolutely|certainly|probably|please) not|changed my mind|stop)\b|不取消|不改了|不退了|别(?:取消|改|退|发)|先不要|不要了吧|还是算了|算了吧|再想想|再看看|再考虑|考虑一下|想一想|商量|问问(?:我|家|老)|问一下(?:我|家|老)|拿不定|没想好|犹豫|等等(?:再|先)|晚点再|改天|先别|先等等|想清楚",
    re.I,
)
_AGREES = re.compile(
    r"\b(?:go ahead|go on(?: then)?|go for it|why not|let'?s do it|aye|carry on|please do|do it|confirm(?:ed)?|continue|yes|yeah|yep|of course|that'?s (?:it|right|the one))\b|继续|确认|就这样|就这么|没问题|(?:发|退|改|取消|办|寄|弄|送|来|要|行|好|可以|撤|开)吧|^\W*(?:对|是|好|嗯|可以|行)(?:的|呀|啊|哒|呢|哦|对|是|好|嗯|行)*\W*$|(?:那|就)?(?:帮我|请)(?:退|取消|改|发|办)|繼續|確認",
    re.I,
)
_BUT = re.compile(
    r"\b(?:but|except|other|different|instead|wait)\b|但是?|不过|等等|等一下|换(?:一|成)|另外|不過",
    re.I,
)

_CORRECTS = re.compile(
    r"^\W*(?:no|nope|wait|sorry|oops|actually|i meant?|not that|wrong|correction|hang on|hold on)\b"
    r"|\b(?:the other|another|different|other) (?:one|order|number|address|code|postcode)\b"
    r"|\b(?:i meant?|should be|instead of|not that one|typo|mistyped|wrong (?:one|order|number|postcode|address))\b"
    r"|^\W*(?:不是|不对|错了|等等|等一下|抱歉|搞错|弄错|写错|打错|不對|錯了|弄錯)|另外?(?:一|那)?[个張张單单]|另一|其他那?[个张]"
    r"|我说的是|应该是|不是这|我是说|我說的是|應該是|看错|说错",
    re.I,
)
_OTHER = re.compile(r"\bother|another|different\b|另", re.I)
_NEVER_MIND = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|right|well|oh|ah|no|fine|then|alright|hm+)[\s,.!]+)*(?:never ?mind|forget (?:it|that|about it)|cancel that|leave it|no need(?: any more)?|it'?s? (?:ok|fine),? leave it|don'?t (?:bother|worry(?: about it)?)|not to worry)(?:[\s,.!]+(?:then|thanks?|thank you|bye|anyway|sorry|cheers))*\W*$"
    r"|^\W*(?:[\u4e00-\u9fff]{1,6}[，,\s]+)?(?:好吧|那|嗯|哦|行|行吧|唉|哎)*[，,\s]*(?:还是)?(?:算了|不用了|不需要了|没事了|不问了|先不用了?|不弄了|當我沒說|当我没说|不麻烦了|没什么了)(?:吧|啦|了|谢谢|，谢谢)*\W*$",
    re.I,
)

_SMALL = {
    "greeting": re.compile(
        r"^\W*(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|greetings|anyone there|hello there)"
        r"(?:\s+(?:there|pip|all|team|everyone|again))?\W*$"
        r"|^\W*(?:你好|您好|hello|嗨|哈[喽啰罗]|在吗|在不在|有人吗|在么|早|早上好|下午好|晚上好|你们好|亲|在嗎|有人嗎)[呀啊吗嘛呢]*\W*$",
        re.I,
    ),
    "thanks": re.compile(
        r"^\W*(?:(?:ok(?:ay)?|great|perfect|cool|lovely|brilliant|wonderful|alright|got it)[,.! ]*)*"
        r"(?:many |so much |no[, ]+)?(?:thanks?|thank you|thx|ty|cheers|much appreciated)(?: (?:so much|very much|a lot|again|pip|for (?:the|your) help|that'?s? (?:all|it|great)|that helps?|a million))*"
        r"(?:[,.! ]+(?:that'?s? (?:all|it|everything|great)|bye|have a (?:nice|good) (?:day|one)|that helps?|perfect))*\W*$"
        r"|^\W*(?:好+的?|行|嗯+|哦+|ok|知道了|明白了?|了解|收到|太好了)*[，,。!！\s]*(?:非常|太|多|十分)?(?:谢谢|感谢|多谢|谢啦|謝謝|感謝|多謝|3q|辛苦)(?:你|您|啦|了|你们|您了|啊|哦|哈|帮忙|你的帮助|您的帮助)*[，,。!！～~\s]*(?:再见|拜拜|没有了|没问题了|就这样)?\W*$",
        re.I,
    ),
    "bye": re.compile(
        r"^\W*(?:bye|goodbye|good bye|see you|bye bye|cya|(?:(?:great|perfect|ok(?:ay)?|cool|lovely|super|fine|good|no)[,.! ]+)*(?:that'?s? (?:all|it|everything)|nothing (?:else|more))|that'?s? all|that is all|nothing else|no,? that'?s? (?:all|it)|that'?s? it)(?:[,.! ]+(?:thanks?|thank you|bye))?\W*$"
        r"|^\W*(?:再见|拜拜|88|没有了|没了|没事了|就这样|没别的了|没有其他问题了?|沒有了|再見|掰掰)[吧啦了]*\W*$",
        re.I,
    ),
    "got_it": re.compile(
        r"^\W*(?:ok(?:ay)?|k|great|perfect|cool|lovely|brilliant|wonderful|alright|got it|understood|i see|fine|good|nice|excellent|super|awesome)(?:[,.! ]+(?:got it|great|perfect|good|fine|i see))*\W*$"
        r"|^\W*(?:(?:oh|ah|ok(?:ay)?)[,.! ]+)*(?:(?:sorry|apologies) (?:to (?:have )?|for )(?:both?er|troubl|wast)[^\d?]{0,30}|my (?:bad|mistake|fault)|silly me)\W*$|^\W*(?:不好意思|抱歉)?(?:打扰|麻烦|打擾|麻煩)(?:你|您)?(?:们|們)?了\W*$"
        r"|^\W*(?:好的?|行|嗯+|知道了|明白了?|了解了?|收到|太好了|可以|这样啊|原来如此|哦+|喔+|懂了)[吧啦了啊哈]*\W*$",
        re.I,
    ),
    "who": re.compile(
        r"^[^.!?\d]{0,40}\b(?:human|person|people|bot|robot|machine)\b.{0,20}\bor\b.{0,30}\b(?:machine|bot|robot|computer|ai|human|person)\W*$|^.{0,8}人还是.{0,4}(?:机器人?|ai)[呀啊呢]?\W*$|^.{0,8}(?:机器人?|ai)还是.{0,3}人[呀啊呢]?\W*$|^\W*(?:who|what) are you\W*$|^\W*(?:(?:hang on|wait|so|ok(?:ay)?|hi|hello|sorry)[\s,.!-]+)*(?:are you|is this) (?:an? )?(?:real |actual |live )?(?:bot|robot|human|person|real|ai|machine)(?: being)?\W*$"
        r"|^\W*(?:am i (?:talking|speaking|chatting) (?:to|with) (?:an? )?(?:bot|robot|machine|human|real person|person))\W*$"
        r"|^\W*what'?s? your name\W*$|^\W*what can you (?:do|help (?:me )?with)(?: for me)?\W*$"
        r"|^\W*(?:你是谁|你是机器人吗?|你是(?:机器人|真人|人工)还是.*|(?:请问|那|所以)?你(?:到底|究竟)?是(?:不是)?(?:真人|活人|人工|机器人)[吗嘛么吧呀啊嗎]*|你叫什么(?:名字)?|你是(?:ai|AI|人)吗|你(?:能|会)(?:做|干)什么|你可以帮我什么|你是誰|你是機器人嗎)\W*$",
        re.I,
    ),
    "how": re.compile(
        r"^\W*(?:how are you|how'?s? it going|how do you do|what'?s? up|how are things)(?: (?:today|doing))?\W*$|^\W*(?:你好吗|最近怎么样|忙吗|吃了吗)\W*$",
        re.I,
    ),
    "joke": re.compile(r"\btell me a joke\b|讲个?笑话|說個笑話|给我讲个", re.I),
}
_URGENT = re.compile(
    r"\b(?:smoke(?!d? (?:gr[ae]y|glass|colou?r|detector|alarm))|smoking|sparks?|sparking|sparked|burn(?:t|ing|s)?(?! (?:orange|umber|sienna|oak|question))|burn(?:t|ing) (?:smell|plastic)|caught fire|on fire|electric shock|electrocuted|shocked me|smoulder\w*|melt(?:ed|ing)|went bang|smell of (?:burn\w*|smoke|plastic)|short[- ]circuit\w*|(?:got|gave me|get|giving|gives|had|having) (?:me )?(?:an? )?(?:\w+ )?(?:electric )?shocks?)\b"
    r"|\boverheat\w*|\bscorch(?:ed|ing)\b|\bsinged\b|\b(?:red|burning|scalding|boiling) hot\b|\btoo hot to (?:touch|hold)\b"
    r"|烫得.{0,3}[软化变]|发烫.{0,3}[软化变]|滚烫|过热|插[头座线].{0,6}(?:烧了|烧黑|熔|融)|灯座.{0,6}(?:烧黑|熔|融)|燙手|過熱"
    r"|\btingl(?:e|es|ing)\b|手(?:会|就|都)?(?:发|有点)?麻|麻手|电手|冒.{0,2}[烟煙]|冒火|火花|火星|着火|起火|烧焦|烧糊|烧化|焦味|焦糊|糊味|烟味|触电|电到|漏电|短路|爆炸|炸了|烫手|手麻|麻了一下|电了一下|冒煙|觸電|漏電|燒焦|煙味",
    re.I,
)
_QUESTION = re.compile(
    r"[?？]|\bhow (?:much|many|long|soon|far|do|does|can)\b|^\W*(?:(?:ok(?:ay)?|and|so|but|right|well|fine|great|oh|also|then|hm+)[\s,.!-]+)*(?:how(?:'?s)?(?! (?:lovely|nice|splendid|kind|wonderful|sweet|annoying|rude|odd|strange|great|exciting))|(?:what|when|where|why|who)(?:'?s)?|which|can|could|do|does|is|are)\b|^\W*(?:will|would|may)\b"
    r"|^\W*(?:(?:ok(?:ay)?|and|so|but|right|well|oh|also|then)[\s,.!-]+)*(?:has|have|did|was|were|am|should|shall) (?:the|my|it|its|you|we|i|they|this|that|there|your|an?|any|some)\w*\b"
    r"|\b(?:so|and|but|then|also) (?:when|what|where|how|who|why)(?:'?s\b| (?:do|does|did|can|could|will|would|is|are|should|much|long|many|about|else|if)\b)"
    r"|[,.;!]\s*(?:(?:and|so|but|then)\s+)*(?:did|does|do|is|are|was|were|has|have|can|could|will|would|should) (?:this|that|these|those|it|the|my|you|they|i|there|we)\b"
    r"|[吗嗎][\s,，。！!]|(?:[吗嗎呢么]|[^，,。]不|[^，,。还都也并就我啥么]没有?[啊呀]?)\s*[。.!！]*$|([\u4e00-\u9fff])不\1|是否|咋|啥|谁|哪|行不行|好不好|怎么|怎麼|如何|多少|多久|什么时候|什麼時候|为什么|為什麼|哪里|哪裡|几[天个号点人年月次种张件样块折成]|能不能|可不可以|是不是|有没有",
    re.I,
)


def plain(text: str) -> str:
    return _EDGES.sub("", text.strip().lower().replace("’", "'"))


def wants_person(text: str) -> bool:
    return bool(_PERSON.search(text)) and not _NOT_PERSON.search(text)


_OWN_PEOPLE = re.compile(
    r"\b(?:talk|speak|ask|check)\w*\b.{0,14}\bmy (?:wife|husband|partner|mum|mother|dad|father|son|daughter|sister|brother|flatmate|other half|boss|accountant|landlord|friend|neighbour)\b|(?:跟|和|问|找)(?:一下|问)?(?:我)?(?:老婆|老公|媳妇|爱人|爸|妈|家人|家里|室友|朋友|对象)",
    re.I,
)


def is_of_own_people(text: str) -> bool:
    """“Let me talk to my wife first” asks for nobody of ours."""
    return bool(_OWN_PEOPLE.search(text))


def is_dangerous(text: str) -> bool:
    return bool(_URGENT.search(text))


def yes_or_no(text: str) -> bool | None:
    """A yes with a “but” is none: what is said yes to must be what was asked."""
    said = plain(text)
    if said in _YES:
        return True
    if said in _NO:
        return False
    bare = _FILLERS.sub("", text.strip())
    if _LEADS_NO.match(bare) or _REFUSES.search(bare):
        return False
    if (consent := consent_in(text)) is not None:
        return consent
    is_yes = bool(_LEADS_YES.match(bare) or _AGREES.search(bare))
    return True if is_yes and not _BUT.search(bare) else None


def echoes(text: str, question: str) -> bool:
    """“Cancel it, please”, said to “shall I cancel it?”; “cancel” alone may be said of either."""
    asked, all_said = question.lower(), re.findall(r"[a-z0-9']+", plain(text))
    said = [one for one in all_said if one not in _POLITE]
    is_there = all(re.search(rf"(?<![a-z0-9]){re.escape(one)}(?![a-z0-9])", asked) for one in said)
    if not is_there:
        return False
    han = re.sub(r"[^\u3400-\u9fff]|^(?:那|就|请|帮我|给我)+|[吧了呗啊呀嘛]+$", "", plain(text))
    return (len(han) > 2 and han in asked) if han else bool(said) and len(all_said) > 1


def says_no_more(text: str) -> bool:
    return consent_in(text) is False


def is_of_both(text: str, question: str) -> bool:
    """“Cancel”, said to “shall I cancel it?”, may mean the order or the question."""
    return plain(text) in {"cancel", "stop", "取消"} and plain(text) in question.lower()


_POLITE = frozenset("please pls plz it that this them the ta thanks then just my".split())


def leads_with_no(text: str) -> bool:
    return bool(_LEADS_NO.match(_FILLERS.sub("", text.strip())))


def is_correction(text: str) -> bool:
    return bool(_CORRECTS.search(text))


_DROPS = re.compile(
    r"\b(?:forget (?:it|that|about|the)|never ?mind|scrap that|instead|rather|on second thoughts?|changed my mind|actually,? no|no,? actually|leave (?:it|that))\b"
    r"|算了|不(?:改|退|取消|要|用|换|查)了|别(?:改|退|取消|查)了|直接|干脆|改主意|乾脆",
    re.I,
)


def drops(text: str) -> bool:
    """What goes on is given up for something else."""
    return bool(_DROPS.search(text))


def names_another(text: str) -> bool:
    return bool(_OTHER.search(text))


def is_never_mind(text: str) -> bool:
    return bool(_NEVER_MIND.match(text))


def is_question(text: str) -> bool:
    return bool(_QUESTION.search(text.strip()))


_ENDS_WITH_THANKS = re.compile(
    r"(?:谢谢|感谢|多谢|謝謝|感謝|thanks|thank you|cheers)(?:你|您|啦|了|啊|哈|again)*[\s!！.。~～]*$",
    re.I,
)


def ends_with_thanks(text: str) -> bool:
    """A few words and thanks, with nothing asked and nothing named."""
    return (
        len(text) <= 40
        and bool(_ENDS_WITH_THANKS.search(text))
        and not re.search(r"\d|[?？]", text)
    )


def small_talk_in(text: str) -> str:
    """Which kind of small talk the whole of it is, or "" for what is more than that."""
    if len(text) > 80:
        return ""
    text = text.replace("’", "'")
    named = next((kind for kind, pattern in _SMALL.items() if pattern.search(text)), "")
    return named or closing_in(text)
