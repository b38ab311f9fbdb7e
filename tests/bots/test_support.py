"""What a model adds to what articles say is struck."""

import pytest

from bots.support import is_supported

RETURNS = "You can send anything back within 30 days; we pay for the parcel."
LATE = "After 30 days we cannot take it back."
CARD = "Refunds to a card take 2 to 4 days. See https://shop.example/refunds for more."
CHINESE = "签收后三十天内可以退货，运费由我们承担。"


@pytest.mark.parametrize(
    ("said", "sources"),
    [
        ("You can send it back within 30 days.", [RETURNS]),
        ("Within thirty days you can send anything back.", [RETURNS.replace("30", "thirty")]),
        ("We pay for the parcel, and a refund to a card takes 2 to 4 days.", [RETURNS, CARD]),
        ("More: https://shop.example/refunds", [CARD]),
        ("签收后三十天内可以退货。", [CHINESE]),
        ("簽收後三十天內可以退貨。", [CHINESE]),
        ("We cannot take it back after 30 days.", [LATE]),
    ],
)
def test_what_stands_in_the_sources_is_said(said, sources):
    assert is_supported(said, sources)


@pytest.mark.parametrize(
    ("said", "sources"),
    [
        ("You can send it back within 60 days.", [RETURNS]),
        ("You can send it back within ninety days.", [RETURNS]),
        ("You cannot send anything back within 30 days.", [RETURNS]),
        ("After 30 days we can take it back.", [LATE]),
        ("You get a voucher of your choice as an apology.", [RETURNS]),
        ("Send it back within 30 days to evil.example.com.", [RETURNS]),
        ("Write to mallory@evil.example within 30 days.", [RETURNS]),
        ("More: https://shop.example/refunds?next=evil", [CARD]),
        ("签收后六十天内可以退货。", [CHINESE]),
        ("签收后三十天内不可以退货。", [CHINESE]),
        ("我们会赔偿您一百元优惠券。", [CHINESE]),
        ("You can send anything back.", []),
        ("", [RETURNS]),
    ],
)
def test_what_does_not_is_struck(said, sources):
    assert not is_supported(said, sources)
