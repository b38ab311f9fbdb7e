"""Pictures that admins upload: nothing but the picture is kept."""

import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.errors import Invalid
from core.models import Event
from core.pictures import clean_picture

SECRET = b"taken in Vienna by Dora"


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width=2, height=1, extra=b"", after=b""):
    rows = zlib.compress(b"".join(b"\0" + b"\1\2\3" * width for _ in range(height)))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", head) + extra + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts + after


def segment(code, body):
    return bytes([0xFF, code]) + struct.pack(">H", len(body) + 2) + body


def jpeg(width=2, extra=b"", after=b""):
    frame = struct.pack(">BHHB", 8, 2, width, 1) + b"\1\x11\0"
    scan = segment(0xDA, b"\1\1\0\0\x3f\0") + b"\x12\xff\x00\x34\xff\xd0\x56"
    return b"\xff\xd8" + extra + segment(0xC0, frame) + scan + b"\xff\xd9" + after


def webp(extra=b""):
    body = b"\x2f" + struct.pack("<I", 1 | 1 << 14) + b"\0"
    inside = b"WEBP" + b"VP8L" + struct.pack("<I", len(body)) + body + extra
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (png(extra=chunk(b"tEXt", SECRET), after=SECRET), "image/png"),
        (jpeg(extra=segment(0xE1, SECRET) + segment(0xFE, SECRET), after=SECRET), "image/jpeg"),
        (webp(b"EXIF" + struct.pack("<I", len(SECRET)) + SECRET + b"\0"), "image/webp"),
    ],
    ids=["png", "jpeg", "webp"],
)
def test_what_a_camera_adds_is_left_out(given, kind):
    picture, found = clean_picture(given)
    assert found == kind
    assert SECRET not in picture
    assert clean_picture(picture) == (picture, kind), "what was cleaned is a picture still"


@pytest.mark.parametrize(
    "given",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        b"GIF89a" + b"\0" * 20,
        png()[:-8],
        png().replace(b"IDAT", b"IDAX"),
        png(width=5000),
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
        jpeg()[:-2],
        jpeg(width=9000),
        b"\xff\xd8\xff\xd9",
        webp()[:-4],
        b"RIFF\x04\0\0\0WEBP",
        png() + b"\0" * 400_000,
    ],
)
def test_what_is_no_small_picture_is_refused(given):
    with pytest.raises(Invalid):
        clean_picture(given)


def test_a_brand_gets_its_logo_and_look(admin, inbox, sign_in):
    client, brand = sign_in(admin), inbox.brand
    page = reverse("connectors:brand", args=[brand.pk])
    form = {
        "name": "Perchwood",
        "slug": "perch",
        "accent": "#ffee00",
        "languages": ["en", "zh-hans"],
    }
    upload = SimpleUploadedFile("logo.png", png(after=SECRET), content_type="image/svg+xml")
    assert client.post(page, form | {"picture": upload}).status_code == 302

    brand.refresh_from_db()
    assert (brand.logo_type, brand.slug, brand.languages) == (
        "image/png",
        "perch",
        ["en", "zh-hans"],
    )
    assert SECRET not in bytes(brand.logo)
    assert "Too light" in client.get(page).content.decode()
    shown = client.get(reverse("connectors:logo", args=[brand.pk]))
    assert shown["Content-Type"] == "image/png"
    told = Event.objects.get(name="brand.changed")
    assert "logo" in told.details["fields"]

    assert client.post(page, form | {"drops_logo": "on"}).status_code == 302
    brand.refresh_from_db()
    assert (brand.logo, brand.logo_type) == (None, "")

    wrong = SimpleUploadedFile("logo.svg", b"<svg/>", content_type="image/svg+xml")
    refused = client.post(page, form | {"picture": wrong})
    assert refused.status_code == 400
    assert refused.context["form"].errors.keys() == {"picture"}
