"""What the columns of a file mean, and what its rows say of people, before anything is changed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import blind
from core.errors import Invalid
from customers.models import CustomField, Tier
from customers.queries.custom_fields import check_value, fields_of

CUSTOM = "custom:"
FIELDS = {
    "name": gettext_lazy("Name"),
    "email": gettext_lazy("E-mail"),
    "phone": gettext_lazy("Phone"),
    "organisation": gettext_lazy("Organisation"),
    "tier": gettext_lazy("Tier"),
    "locale": gettext_lazy("Language"),
    "timezone": gettext_lazy("Time zone"),
    "notes": gettext_lazy("Notes"),
}
# Headers as people write them, in lower case and without blanks and punctuation.
_HEADERS = {
    "name": """name fullname customer customername contact contactname displayname 姓名 名字 名称
        名稱 客户 客戶 客户姓名 客戶姓名 客户名称 客戶名稱 联系人 聯絡人 聯繫人""",
    "email": """email emails mail emailaddress mailaddress 邮箱 郵箱 电子邮件 電子郵件 邮件 郵件
        电邮 電郵 邮箱地址 邮件地址 電子郵件地址 信箱""",
    "phone": """phone phones telephone tel mobile mobilephone cell cellphone phonenumber 电话 電話
        手机 手機 手机号 手機號 手机号码 手機號碼 电话号码 電話號碼 联系电话 聯絡電話""",
    "organisation": """organisation organization company companyname account firm employer 公司
        公司名称 公司名稱 组织 組織 单位 單位 机构 機構 企业 企業""",
    "tier": """tier level customertier segment class vip 等级 等級 级别 級別 客户等级 客戶等級
        客户级别 客戶級別""",
    "locale": "language locale lang 语言 語言 语种 語種",
    "timezone": "timezone tz 时区 時區",
    "notes": "notes note remark remarks comment comments 备注 備註 说明 說明 附注",
}
_BY_HEADER = {header: name for name, headers in _HEADERS.items() for header in headers.split()}
_CLUTTER = re.compile(r"[\W_]+")
_SEVERAL = re.compile(r"[;,；，、\n]+")
_LANGUAGES = {
    "en": "english 英文 英语 英語",
    "zh-hans": "zh zhcn zhsg cn chinese simplifiedchinese 中文 简体中文 简体 汉语",
    "zh-hant": "zhtw zhhk tw traditionalchinese 繁體中文 繁体中文 繁體 正體中文",
}
_BY_LANGUAGE = {word: code for code, words in _LANGUAGES.items() for word in words.split()}
_LONGEST_NAME = 200


@dataclass(slots=True)
class PersonRow:
    """What one row says. What is empty there is not said."""

    name: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    organisation: str = ""
    tier: Tier | None = None
    locale: str = ""
    timezone: str = ""
    notes: str = ""
    custom: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowProblem:
    field: str
    reason: str


class Reading:
    """Everything that reading rows asks of the database, asked once."""

    @cached_property
    def fields(self) -> dict[str, CustomField]:
        return {one.code: one for one in fields_of(CustomField.Owner.CUSTOMER)}

    @cached_property
    def tiers(self) -> dict[str, Tier]:
        return {
            _plain(word): tier
            for tier in Tier.objects.all()
            for word in (tier.code, tier.name, str(tier))
        }

    def choices(self) -> list[tuple[str, str]]:
        own = [(f"{CUSTOM}{code}", one.name) for code, one in self.fields.items()]
        return [(name, str(label)) for name, label in FIELDS.items()] + own

    def guess_mapping(self, header: Iterable[str]) -> dict[str, str]:
        """Column number → field. A second column of e-mails or phones is another of the person."""
        by_name = {_plain(one.name): f"{CUSTOM}{code}" for code, one in self.fields.items()}
        by_code = {_plain(code): f"{CUSTOM}{code}" for code in self.fields}
        known = {**by_code, **by_name, **_BY_HEADER}
        mapping: dict[str, str] = {}
        for number, title in enumerate(header):
            found = known.get(_plain(title)) or known.get(_plain(title).rstrip("0123456789"), "")
            if found and (found in ("email", "phone") or found not in mapping.values()):
                mapping[str(number)] = found
        return mapping

    def read(
        self, cells: list[str], mapping: Mapping[str, str]
    ) -> tuple[PersonRow, list[RowProblem]]:
        row, problems = PersonRow(), []
        for number, name in sorted(mapping.items(), key=lambda item: int(item[0])):
            text = cells[int(number)] if int(number) < len(cells) else ""
            if not text:
                continue
            try:
                self._take(row, name, text)
            except Invalid as refusal:
                problems.append(RowProblem(name, refusal.reason))
        if not problems and not (row.emails or row.phones):
            problems.append(RowProblem("email", _("There is neither an e-mail nor a phone.")))
        return row, problems

    def _take(self, row: PersonRow, name: str, text: str) -> None:
        if name.startswith(CUSTOM):
            self._take_custom(row, name.removeprefix(CUSTOM), text)
        elif name == "email":
            row.emails += [_email(one) for one in _parts(text)]
        elif name == "phone":
            row.phones += [_phone(one) for one in _parts(text)]
        elif name == "tier":
            row.tier = self._tier(text)
        elif name == "locale":
            row.locale = _language(text)
        elif name == "timezone":
            row.timezone = _timezone(text)
        elif name in ("name", "organisation"):
            setattr(row, name, _short(text))
        elif name == "notes":
            row.notes = text

    def _take_custom(self, row: PersonRow, code: str, text: str) -> None:
        field_ = self.fields.get(code)
        if field_ is None:
            raise Invalid(_("There is no field “%(code)s”.") % {"code": code})
        row.custom[code] = check_value(field_, _as_choice(field_, text))

    def _tier(self, text: str) -> Tier:
        found = self.tiers.get(_plain(text))
        if found is None:
            raise Invalid(_("There is no tier “%(name)s”.") % {"name": text[:60]})
        return found


def _plain(text: str) -> str:
    return _CLUTTER.sub("", text.casefold())


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _SEVERAL.split(text) if part.strip()]


def _short(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > _LONGEST_NAME:
        raise Invalid(_("This is longer than %(n)d characters.") % {"n": _LONGEST_NAME})
    return text


def _email(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise Invalid(_("“%(text)s” is no e-mail address.") % {"text": text[:80]}) from None
    return text


def _phone(text: str) -> str:
    digits = sum(letter.isdigit() for letter in text)
    if not 5 <= digits <= 20 or any(letter.isalpha() for letter in text):
        raise Invalid(_("“%(text)s” is no phone number.") % {"text": text[:80]})
    blind.normalise_phone(text)
    return text


def _language(text: str) -> str:
    codes = {_plain(code): code for code, _name in settings.LANGUAGES} | _BY_LANGUAGE
    plain = _plain(text)
    found = codes.get(plain) or codes.get(plain[:2] if plain.isascii() else "")
    if found is None:
        raise Invalid(_("“%(text)s” is no language we speak.") % {"text": text[:40]})
    return found


def _timezone(text: str) -> str:
    if text not in available_timezones():
        raise Invalid(_("“%(text)s” is no time zone.") % {"text": text[:40]})
    return text


def _as_choice(field_: CustomField, text: str) -> Any:
    """Files name choices as people see them, or by code."""
    codes = {_plain(o["name"]): o["code"] for o in field_.options} | {
        _plain(o["code"]): o["code"] for o in field_.options
    }
    if field_.kind == CustomField.Kind.CHOICE:
        return codes.get(_plain(text), text)
    if field_.kind == CustomField.Kind.CHOICES:
        return [codes.get(_plain(part), part) for part in _parts(text)]
    if field_.kind == CustomField.Kind.YES_NO:
        return _YES_NO.get(_plain(text), text)
    return text


_YES_NO = dict.fromkeys(["yes", "y", "true", "1", "是", "有", "x"], "true") | dict.fromkeys(
    ["no", "n", "false", "0", "否", "无", "無"], "false"
)
