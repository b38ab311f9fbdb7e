"""What kind of remark something is, whatever it is about: an insult, orders given to the machine,
not knowing, being content, a question that leans on the one before."""

# Lists of words are read best as lines.
# ruff: noqa: E501

import re

# Thrown at somebody, whatever else is said.
_INSULT = re.compile(
    r"\b(?:f+[\W_]*u+[\W_]*c+[\W_]*k+\w*\W+(?:off|you|u|this|your?)|f\*+\w*\s+(?:off|you)|screw you|piss off|sod off|shut up|go to hell|drop dead"
    r"|assholes?|arseholes?|bastards?|wankers?|scum|dickheads?|bitch\w*|morons?|moronic|imbeciles?|retard\w*|useless (?:bot|piece|thing|machine|idiots?|lot|robot|company|people)|bloody useless"
    r"|worthless (?:bot|piece|thing|machine)|pieces? of (?:junk|crap|shit|garbage|trash)|scum\w*|thieving \w+|twats?|pricks?|(?:pack|bunch|load|shower) of (?:\w+ )?(?:thieves|crooks|liars|clowns|idiots|cowboys|scammers|muppets|cheats|robbers)|(?:you|they|all)[^.!?]{0,20}\b(?:crooks|thieves|scammers|liars|con artists)|thick as)\b"
    r"|傻[逼比叉B]|(?<![a-z])sb(?![a-z\d])|煞笔|操你|他妈|你妈|妈的|去死|滚蛋|滚开|^\W*滚|王八|混蛋|狗屁|狗东西|骗子|骗钱|奸商|黑店|黑心|无良|傻缺|吃屎|智障|脑残|弱智|废物|猪脑|蠢[货猪驴]|破机器人|什么破|有病[吧啊]|垃圾(?:店|公司|客服|机器|平台|东西|商家|玩意|服务)|(?:你|你们|真是|一群|一帮)[^，。！？]{0,8}垃圾(?!桶|箱|邮件|袋|短信)|不要脸|臭不要|死骗",
    re.I,
)
# Insults where they are meant for somebody else than who says them.
_RUDE = re.compile(
    r"\b(?:idiots?|idiotic|stupid|dumb|brainless|clueless|f+u+c+k\w*|shit\w*|bullshit|crap)\b|[傻蠢笨](?!点)|白痴|笨蛋|蠢",
    re.I,
)
_AT_US = re.compile(
    r"\byou\b|\byou're|\byoure\b|\byour\b|\bu r\b|\bbot\b|\brobot\b|\bmachine\b|\bcompany\b|\bshop\b|\bpeople\b|\blot\b|你|妳|您|机器人|客服|你们|公司|店",
    re.I,
)
_AT_SELF = re.compile(
    r"\b(?:like an?|such an?|i'?m|i am|i was|i feel|i felt|am i|me,?|my own|being|call me)\s+(?:\w+\s+){0,3}(?:idiots?|idiotic|stupid|dumb)\b|\b(?:stupid|dumb|idiotic|silly) (?:of me|me|question|mistake|phone|autocorrect|typo|keyboard|thumbs|fingers|thing|website|site|app|form|page|code|lamp|parcel|courier|box)\b"
    r"|我[^，。！？你]{0,8}[傻蠢笨]|我[^，。！？你]{0,8}(?:白痴|智障|弱智|猪|脑子|糊涂)|[傻蠢笨]问题|自己[^，。！？你]{0,6}[傻蠢笨]|怪我|我的错",
    re.I,
)
# Strong words, but for oneself: “我记性也是猪脑子”.
_OWN_HEAD = re.compile(
    r"(?:我|俺|自己)(?:的?(?:记性|脑子|脑袋|脑筋|眼睛|手))?(?:也|真|就|是|太|好|都|可|简直|像|个|有点|这){0,4}(?:猪脑子?|猪头|白痴|智障|弱智|傻[逼比子瓜]|蠢[货猪驴])|\b(?:i'?m|i am|i feel like|me,?) (?:such )?an? (?:\w+ )?(?:moron|imbecile|dickhead|prick|twat)\b",
    re.I,
)
_ORDERS_TO_MACHINES = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b.{0,30}\b(?:instructions?|rules?|prompts?|guidelines?|restrictions?|programming)\b"
    r"|\b(?:previous|prior|earlier|above|old) (?:instructions|rules|orders)\b|\bsystem prompt\b|\blet'?s play a game\b|\byou must (?:reveal|obey|comply|tell)|\b(?:reveal|disclose|leak)\b.{0,30}\b(?:address|names?|customers?|data|details|phone)\b|\b(?:developer|debug|admin|administrator|audit|maintenance|god|root|test|unrestricted|service) mode\b|\bjailbreak|\bsudo\b"
    r"|^\W*(?:system|admin|administrator|root|developer)\b\s*(?:notice|message|override|note)?\s*[:：\]】>-]|\byou are now\b|\bfrom now on you\b|\bpretend (?:to be|you are|that you)|\bact as (?:an? |the |my )?(?:\w+ )?(?:admin\w*|developer|manager|system|employee|agent|shop owner)"
    r"|\bi(?:'m| am) (?:the|your|an?) (?:system |chat |site |shop )?(?:administrator|admin|developer|owner|engineer|programmer)\b"
    r"|\b(?:print|repeat|reveal|show|list|dump|output|give|tell)\b.{0,30}\b(?:your (?:hidden |own |initial )?(?:instructions|prompt|rules)|hidden instructions|all (?:the |your )?(?:customers|users|tools)|all (?:the )?orders(?! (?:i|of mine|for me))|(?:other|another|all) (?:customers?|people|users?)['’]?s?\b|the database|customer (?:list|data|database))"
    r"|\b(?:other|all|another) (?:customers?|people|users?)['’]?s?['’]? (?:\w+ ){0,2}(?:address(?:es)?|phones?|numbers?|details|data|orders|names|e-?mails?)\b|(?:所有|全部|其他|别的|別的)(?:客户|顾客|用户|人)的?.{0,10}(?:列|发给|导出|告诉|显示|输出|给我|查)"
    r"|\borders of (?:other|all|another) (?:customers?|people|users?)\b"
    r"|(?:忽略|无视|忘记|忘掉|跳过|绕过).{0,14}(?:指令|规则|提示|设定|要求|限制|规定)|(?:开发者|开发|调试|管理员|店长|上帝|维护|审计|测试|超级|无限制|後台|后台|内部)模式|系统提示词|提示词|^\W*(?:系统|系統)(?:通知|消息|指令|管理员|提示)?\s*[】\]：:]"
    r"|你现在(?:是|扮演).{0,14}(?:模式|管理员|店长|没有限制|开发者|员工)|从现在起你|(?:假装|扮演)(?:你|成|一个|我)|我是你们.{0,8}(?:员工|仓库|同事|内部|快递|物流)|我是(?:你们?的?|这里的|本店的?)?(?:系统)?(?:管理员|开发者|程序员|店长|老板)"
    r"|(?:输出|打印|列出|显示|告诉我|查出|导出|说出).{0,16}(?:所有(?:客户|订单|用户)|(?:其他|别的|别)(?:客户|顾客|人|用户)|你的(?:指令|规则|设定)|数据库)"
    r"|(?:查|看|告诉|给|发|找|问)[^，。！？我]{0,6}(?:我的?)?(?:前男友|前女友|前夫|前妻|前任|别人|別人|邻居|同事|朋友|室友)[^，。！？]{0,8}的?(?:订单|訂單|地址|电话|電話|手机|邮箱|住哪)"
    r"|\b(?:look up|find|tell|give|show|check|get)\b.{0,20}\b(?:my (?:ex|neighbou?r|flatmate|colleague|boss)\w*|some(?:body|one) else|another person)(?:['’]?s)?\b.{0,30}\b(?:orders?|address|phone|number|e-?mail|lives?)\b",
    re.I,
)
_KNOWS_NOT = re.compile(
    r"\b(?:don'?t|do not|didn'?t|can'?t|cannot|haven'?t|have not|no longer|not)\s+(?:\w+\s+){0,2}?(?:know|have|remember|recall|got|find|see)\b|\bno (?:idea|clue)\b|\bforg(?:o|e)t(?:ten)?\b|\bnot sure\b|\blost (?:it|the (?:mail|number))|\bhow should i know\b"
    r"|\b(?:dunno|who remembers|how would i know|couldn'?t tell you|(?:haven'?t|not) (?:got )?a clue|beats me)\b|哪(?:里|儿)?(?:还|能)?(?:记得|知道)|谁(?:还)?(?:记得|知道)|记不(?:住|清)|不知道|不清楚|不记得|记不得|忘了|忘记|没有(?:啊|呀|了|邮编|单号|订单)?\W*$|找不到|没记|不晓得|不曉得|不記得|想不起来|哪知道",
    re.I,
)
_WHERE = re.compile(r"\bwhere\b|\bhow (?:do|can) i\b|哪里|哪儿|在哪|怎么(?:查|找|看)|哪裡", re.I)
_SLOT_WORDS = {
    "order_number": r"\b(?:order|number|reference)\b|单号|订单号|编号|單號|編號",
    "postcode": r"\bpost ?code\b|\bzip\b|邮编|邮政编码|郵遞區號|郵編",
    "code": r"\bcode\b|码|碼",
    "address": r"\baddress\b|地址",
}
_NEEDED = re.compile(
    r"\b(?:need|needed|necessary|required|have to|must|without|instead of|optional)\b|一定|必须|非要|非得|需要|要.{0,6}[吗嗎么]|不(?:给|说|用|报).{0,4}(?:行|可以)|必須",
    re.I,
)
_WHY = re.compile(
    r"\b(?:why|what) (?:do|would|should) you (?:need|want|ask|require)\b|\bwhy(?:'s| is| do i| should i)\b.{0,16}\b(?:need|give|asking)|\bdo (?:i|you) (?:really |actually )?(?:need|have) (?:to (?:give|tell)|that|it)\b"
    r"|(?:为什么|为啥|干嘛|干吗|干啥|為什麼).{0,6}(?:要|问|需要|報|报)|要(?:这个|它|那个)(?:干嘛|干啥|做什么|有什么用|做啥)",
    re.I,
)
_SEEKS_NUMBER = re.compile(
    r"\b(?:where|how)\b[^.?!]{0,24}\b(?:find|see|get|look up|locate)\b[^.?!]{0,20}\b(?:order (?:number|no|id|ref\w*)|reference(?: number)?)\b|\bwhere(?:'s| is| would be)\b[^.?!]{0,12}\b(?:order (?:number|no|id|ref\w*)|reference number)\b|\bwhat(?:'s| is) my order (?:number|no|id)\b"
    r"|(?:订单号|单号|订单编号|訂單編號|訂單號|單號)[^，,。]{0,6}(?:哪|怎么[查找看知]|咋[查找看]|在什么地方|怎麼[查找看])|(?:哪|怎么|咋)(?:里|儿|能|可以|裡)*[^，,。]{0,3}(?:看|查|找)(?:到|得到)?(?:我的)?(?:订单号|单号|訂單編號|訂單號)",
    re.I,
)
_HELP = re.compile(
    r"\b(?:where|how|what|which|why)\b|哪里|哪儿|在哪|怎么|怎麼|什么|什麼|为什么|為什麼|哪个|干嘛|啥",
    re.I,
)
_ASKS_FOR = re.compile(
    r"\b(?:want|need|would like|'d like|please|could|can|give|send|tell|check|look|help|let me|show|change|cancel|return)\b"
    r"|我要(?!的\W*$)|我想|帮我|给我|麻烦你?(?!你?了)|能不能|能否|可以(?!了)|请(?!放心|[^，。！？]{0,5}(?:假|半天|一天|客))|顺便问|问一?下|请问|想(?:问|要|知道|退|改|换|取消)|幫我|給我|帮忙",
    re.I,
)
_NOT_CONTENT = re.compile(
    r"\b(?:not|no|never|still|but|wrong|nothing|nobody|broken|neither)\b|n['’]t\b|没|不(?:是|行|对|能|会|好|到|在)|还是|但是|可是|沒",
    re.I,
)
_LEANS = re.compile(
    r"^\W*(?:\w+[.,!]+\s+)?(?:and|so|but|or|ok(?:ay)? (?:and|so|but)|what about|how about|what if|then|also)\b|\b(?:then|either|too|as well)\W*$"
    r"|\b(?:both|all|either|neither|each|one) of (?:them|those|these)\b|[两兩]个(?:都|一起)"
    r"|^\W*(?:那|还有|還有|所以|然后|如果|要是|万一|也)|(?:呢|也(?:是|可以|能|算|一样|要|得|需|收|行|有|退|送).{0,4})[?？]?\W*$",
    re.I,
)
_SIGH = re.compile(
    r"^\W*(?:(?:ah|oh|aw+|hmm*|damn|boo|shame|ugh|bother|pity|great|cool|nice|唉|哎|哦|噢|喔|啊|嗯|好吧|行吧)[\s,，.。…!！~～]+)+",
    re.I,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|that|this|they|them|those|these)\b|它|那个|这个|那單|那单|那張|那张", re.I
)


_GOT_IT = re.compile(
    r"(?:懂了|知道了|明白了?|好的|好嘞|了解了?|收到|行了?|got it|thanks|cheers|ok(?:ay)?|noted|great|perfect)\W*$",
    re.I,
)


# What somebody is going to do themselves asks nothing of us.
_ANNOUNCES = re.compile(
    r"\b(?:i'?ll|il|i will|let me|i'?m (?:going to|gonna)|gonna)\s+(?:just |go |go and |then |now )*(?:have a |take a |give it a )?(?:look|check|try|see|do|ask|think|wait|search|find|dig|go|get|print|keep|pop|pack|read)\b(?! me\b)"
    r"|我(?:先|再|自己|去|回去|回头|这就|等会儿?|晚点|马上)+(?:看看|看一下|找找|找一下|查查|查一下|试试|试一下|问问|弄|研究|等等)",
    re.I,
)
# Asks only whether it was understood rightly.
_SEEKS_YES = re.compile(
    r"\b(?:right|correct|yeah|is that (?:it|right|so)|isn'?t it|then|innit|yes)\W*\?*\W*$|^\W*(?:(?:ah|oh|ok(?:ay)?|right)[\s,.]+)*so\b"
    r"|(?:是吧|对吧|是吗|对吗|没错吧|了吧|行吧|就(?:行|可以|ok|好)了?吧?|對吧|是嗎|對嗎)\W*$|^\W*(?:[哦噢喔好嗯]的?)?[，, ]*(?:那|所以|也就是说|就是说)",
    re.I,
)


_SEEKS_PLAINLY = re.compile(
    r"^\W*(?:(?:ah|oh|ok(?:ay)?|right|alright)[\s,.]+)*so\b.*\b(?:then|right|correct|yeah|yes|innit)\W*$"
    r"|^\W*(?:[哦噢喔好嗯]的?|那|所以)[，,\s]*.*(?:是吧|对吧|是吗|对吗|没错吧|對吧|是嗎|對嗎)\W*$",
    re.I,
)
_ELLIPSIS = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|right|thanks|and|so)[\s,.]+)*(?:and|or|what about|how about|what if it'?s)\s+(?!(?:how|when|where|what|why|who|do|does|did|can|could|will|would|is|are|i|you|it'?s|if)\b)(?:[\w'£-]+\s*){1,7}$"
    r"|^\W*(?:那|那么|还有|如果是|要是)?[^，,。？?吗]{1,9}呢$",
    re.I,
)
_REASON = re.compile(
    r"^\W*(?:没坏|没有坏|没什么|就是|只是|因为|主要是|單純|单纯)|\b(?:not broken|nothing(?:'s| is)? wrong|just (?:don'?t|do not|not)|because|only that|simply)\b",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:any(?:thing)? (?:else|other)|other|another|different)\b|别的|其他|其它|另|还有(?:什么|没|吗|啥)|別的",
    re.I,
)


_INSISTS = re.compile(
    r"\bthat'?s (?:what|right|correct|it|the one)|\b(?:i'?m|i am) (?:sure|certain|positive)\b|\bit'?s (?:right|correct)\b|\bdefinitely\b|没(?:写|打|输|记|看)?错|就是(?:这个|它|这样)|确定|沒錯",
    re.I,
)


_IS_WELL = re.compile(
    r"\b(?:works?|working|runs?|running|looks?|fits?|arrived|goes) (?:just |perfectly |all |absolutely )?(?:fine|well|great|nicely|ok(?:ay)?|perfectly|beautifully|a treat)\b"
    r"|用着(?:还行|挺好|不错|没问题|很好)|没什么问题|(?:都|还|是)好好的|好用",
    re.I,
)


def says_it_is_well(text: str) -> bool:
    return bool(_IS_WELL.search(text)) and not _NOT_CONTENT.search(text)


_IS_FOUND = re.compile(
    r"\b(?:found it|turned up|took it in|taken it in|got it (?:now|here|after all)|there it is|it'?s (?:here|there) (?:now|after all)|panic over|false alarm)\b"
    r"|\b(?:neighbours?|next door|reception\w*|concierge|porter|husband|wife|partner|son|daughter|mum|dad|flatmate|they|he|she)\b[^.!?]{0,20}\b(?:has|have|had|took|got) it\b"
    r"|(?:找到|收到|拿到|看到|取到)(?:了|啦)|(?:帮我|替我|代|给我)(?:签?收|拿|取|放)(?:了|的|进|回|在)|虚惊一场|原来(?:在|是|放)|(?:在|放)[^，,。]{0,6}(?:柜|门口|前台|物业|驿站|邻居|门卫|保安)[^，,。]{0,3}(?:了|呢|里)",
    re.I,
)
_NOT_WELL = re.compile(
    r"\b(?:not|but|broken|damaged|wrong|cracked)\b|n['’]t\b|[?？没沒不坏碎破裂错少但吗]", re.I
)


def says_it_is_found(text: str) -> bool:
    """What was missed is there after all."""
    return bool(_IS_FOUND.search(text)) and not _NOT_WELL.search(text)


_OWN_PLAN = re.compile(
    r"(?:^|[，,。！!\s])那我(?:就|先|再|今|明|后|周|下|晚|回|在|等|到时)[^，。？]{1,14}$"
    r"|\b(?:so |then )?i'?ll (?:just )?(?:be|wait|stay|clear|make|sort|do|get|have) [^?]{2,60}$",
    re.I,
)


def tells_plan(text: str) -> bool:
    """What somebody is going to do themselves, and nothing asked with it."""
    return bool(_OWN_PLAN.search(text.strip())) and not _ASKS_FOR.search(text)


_ASKS_HOW = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|right|and|so|great|lovely|fine|thanks|then)[\s,.]+)*(?:what (?:do|would|will|else do) (?:you|i|we) (?:need|want|require|have to)\b|what(?:'s| is) (?:next|the (?:next step|procedure|process))|how (?:do|would|can|should) (?:i|we) (?:do|claim|get|go about|start|apply for|arrange|send) (?:that|this|it|them)\b|where (?:do|should|can) i (?:send|find|get|see|do) (?:that|this|it|them|those)\b|who do i (?:send|write|tell))"
    r"|^\W*(?:那|那么|好的?|哦)?[，,\s]*(?:(?:我|要|还|得|都|该)*(?:需要|要|提供|准备|给你们?|发|交)+(?:你们?|我|提供|准备|些|一?点)*(?:什么|啥|哪些)(?:材料|资料|东西|信息|凭证|证明)*|(?:具体|那)?(?:该|要|得)?(?:怎么|咋|如何)(?:操作|申请|弄|办|搞|做|办理)|去?(?:在|从)?哪(?:里|儿)?(?:弄|办|申请|操作|提交|发|找|看)|(?:发|寄|交|提交|传)(?:到|去|给)?(?:哪里?|哪儿|谁))(?:呢|呀|啊)?[?？]?\W*$",
    re.I,
)


def asks_how(text: str) -> bool:
    """“And what do you need from me?”: of what was just said, and of nothing else."""
    return len(text) <= (70 if text.isascii() else 24) and bool(_ASKS_HOW.search(text))


def insists(text: str) -> bool:
    return bool(_INSISTS.search(text))


def is_elliptical(text: str) -> bool:
    """“And a cushion?”, “那抱枕呢？几天内”: names a thing and leaves the question to the one
    before."""
    # After a sigh of its own: “rip-off. and on a table?”
    last = [one for one in re.split(r"[.!。！…]+(?:\s+|(?=[\u3400-\u9fff]))", text.strip()) if one][
        -1:
    ]
    first = re.split(r"[,，?？]", "".join(last), maxsplit=1)[0]
    return bool(_ELLIPSIS.match(first)) and len(text) <= 70


def gives_reason(text: str) -> bool:
    return bool(_REASON.search(text))


def asks_for_others(text: str) -> bool:
    return bool(_OTHERS.search(text))


def seeks_yes_plainly(text: str) -> bool:
    return bool(_SEEKS_PLAINLY.match(text))


def seeks_yes(text: str) -> bool:
    """“So with 460 it would do?”: leans on the answer just given, and asks for it once more."""
    return len(text) <= (100 if text.isascii() else 40) and bool(_SEEKS_YES.search(text))


def is_insult(text: str) -> bool:
    """Plain ones only, meant for us: grumbling, and calling oneself names, is none."""
    if _INSULT.search(_OWN_HEAD.sub(" ", text)):
        return True
    if not _RUDE.search(text) or _AT_SELF.search(text):
        return False
    return bool(_AT_US.search(text)) or len(text) <= 16


def is_at_self(text: str) -> bool:
    return bool(_AT_SELF.search(text))


def orders_machine(text: str) -> bool:
    """Tries to give the machine other rules, or asks for what belongs to others."""
    return bool(_ORDERS_TO_MACHINES.search(text))


def knows_not(text: str) -> bool:
    """And does not ask where it is to be found."""
    return bool(_KNOWS_NOT.search(text)) and not _WHERE.search(text)


def asks_about_slot(kind: str, text: str) -> bool:
    """“Where do I find the number?”, asked when it is asked for."""
    words = _SLOT_WORDS.get(kind)
    is_named = words is not None and re.search(words, text, re.I)
    is_help = is_named and (_HELP.search(text) or _NEEDED.search(text))
    return bool(is_help or _WHY.search(text)) and len(text) <= 80


def is_plain_order(text: str) -> bool:
    """Nothing in it is denied, asked, or another thing than before."""
    against = (_NOT_CONTENT, _OTHERS, re.compile(r"[?？]|[吗嗎么别別]|\d"))
    return not any(one.search(text) for one in against)


_LOOK = re.compile(
    r"^\W*(?:(?:please|pls|first|then|ok|also|and|can you|just)[\s,]+)*(?:cancel|return|refund|send|resend|change|stop|call off|scrap|tell me|let me know|explain)\b"
    r"|(?:取消|退|改|换|撤|发|寄|补)(?:掉|了吧|一下|下|吧|过来|给我)\W*$|^\W*(?:把|将|帮|给我|取消|撤销)"
    r"|^\W*(?:(?:请|先|再|您|你|给我|帮我|帮忙|麻烦)*(?:查|看|催|瞧)(?:一下|一查|一看|下|查|看)|(?:please )?(?:chase|track|check(?: on)?|look up|look into) )",
    re.I,
)


def orders_something(text: str) -> bool:
    """“Check PW-12345”, “餐具取消掉”: asked for without a word of asking."""
    return bool(_LOOK.search(text))


def seeks_number(text: str) -> bool:
    """“Where do I see my order number?”, asked before anybody wanted it."""
    return bool(_SEEKS_NUMBER.search(text))


def is_remark(text: str) -> bool:
    """Asks for nothing, names nothing and is not against anything."""
    is_plain = not any(map(str.isdigit, text)) or bool(_GOT_IT.search(text))
    return (
        is_plain
        and len(text) <= 160
        and not _ASKS_FOR.search(_ANNOUNCES.sub(" ", text))
        and not _NOT_CONTENT.search(text)
    )


_OPINION = re.compile(
    r"\b(?:i|i'?m|i'?ve|my|we|our|me|us|there|nobody|no one)\b|我|你|您|咱|没|不", re.I
)
_BUT = re.compile(r"\bbut\b|但是?|可是", re.I)


def is_opinion(text: str) -> bool:
    """“That's mean but fair”: of the answer, and of nothing of the customer's own."""
    rest = _BUT.sub(" ", text)
    return len(text) <= 60 and is_remark(rest) and not _OPINION.search(rest)


def asks_for_something(text: str) -> bool:
    return bool(_ASKS_FOR.search(text))


def leans_back(text: str) -> bool:
    """Too short to be understood without what was asked before."""
    is_short = len(text) <= (60 if text.isascii() else 20)
    return is_short and bool(_LEANS.search(_SIGH.sub("", text)))


def points_back(text: str) -> bool:
    is_short = len(text) <= (60 if text.isascii() else 20)
    return (is_short and bool(_POINTS_BACK.search(text))) or leans_back(text)


_FRAGMENT = re.compile(
    r"^\W*(?:(?:and|the|my|that|this|a|an)\s+){1,3}(?:[a-z-]+\s+){0,2}[a-z-]+\W*$", re.I
)
_DEEDS = re.compile(
    r"\b(?:is|are|was|were|came|broke\w*|cracked|damaged|smashed|missing|wrong|lost|late|late|order|refund|invoice|return|delivery|parcel|warranty|code|number|same|other|rest)\b",
    re.I,
)


def is_fragment(text: str) -> bool:
    """A thing and nothing about it: “the lamp”."""
    return bool(_FRAGMENT.match(text)) and not _DEEDS.search(text)
