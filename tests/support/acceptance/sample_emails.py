"""E-mails as Django code asks for them, from plain ASCII to what only a strict reader notices."""

import random
from typing import Any

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
HEBREW, ARABIC = "ברוכים הבאים, \u200f42", "مرحبا بالعالم"
TEN_MB = random.Random(10).randbytes(10 * 1024 * 1024)


ASKED: dict[str, dict[str, Any]] = {
    "plain ASCII": {"subject": "Your order", "plain_body": "It is on its way.\n\nThe office"},
    "accents": {"subject": "Réservé à Zoë", "plain_body": "Où? À l'école, naïvement — voilà."},
    "Chinese": {"subject": "关于您的咨询", "plain_body": "您好,我们已收到您的来信。\n谢谢。"},
    "emoji": {"subject": f"🎉 {FAMILY} 🇪🇺", "plain_body": f"{FAMILY} e\u0301 🎉" * 40},
    "right to left": {
        "subject": f"{HEBREW} {ARABIC}",
        "plain_body": f"{HEBREW}\n{ARABIC}",
        "html_body": f'<p dir="rtl">{HEBREW}<br>{ARABIC}</p>',
    },
    "very long subject of words": {"subject": " ".join(["word"] * 199)},
    "very long subject of one word": {"subject": "x" * 998},
    "very long Chinese subject": {"subject": "长" * 998},
    "lines that SMTP or mbox could mistake": {
        "plain_body": ".\n..\nFrom here\n.hidden\n\n\n" + "y" * 5000 + "\nends in blanks  \n--\n"
    },
    "text and HTML": {"plain_body": "Grüße", "html_body": "<p>Grüße &amp; <b>mehr</b></p>"},
    "HTML with derived text": {"html_body": "<h1>Grüße</h1><p>Mehr <a href='/x'>hier</a>.</p>"},
    "template with derived text": {
        "subject": "",
        "plain_body": "",
        "template_path": "shop/order",
        "context": {"name": "Zoë", "number": 42},
    },
    "10 MB attachment": {"attachments": [("Bericht Größe 报告.pdf", TEN_MB, "application/pdf")]},
    "several attachments": {
        "html_body": "<p>See below.</p>",
        "attachments": [
            ("names.csv", "Zoë;1\nØystein;2\n".encode(), "text/csv"),
            ("empty.bin", b"", "application/octet-stream"),
            ('a "quoted"; name.png', bytes(range(256)), "image/png"),
        ],
    },
    "50 recipients": {"recipients": [f"Person {n} <person{n}@example.org>" for n in range(50)]},
    "cc and bcc": {
        "recipients": ["to@example.org"],
        "cc": ["Copy <cc@example.org>"],
        "bcc": ["Hidden Name <hidden1@example.net>", "hidden2@example.net"],
    },
    "only bcc": {"recipients": [], "bcc": ["hidden3@example.net", "hidden4@example.net"]},
    "reply-to, sender and own headers": {
        "from_email": "Büro <office@example.com>",
        "reply_to": ["Ann Lee <ann@example.com>", "bob@example.com"],
        "headers": {"X-Campaign": "Spring 春天", "List-Id": "<news.example.com>"},
        "language": "de",
    },
    "display names": {
        "recipients": [
            '"Doe, Ann (Sales)" <ann@example.org>',
            "Zoë Müller <zoe@example.org>",
            "张伟 <wei@example.org>",
            f"{FAMILY} <family@example.org>",
            '"O\'Neil \\"Bob\\"" <bob@example.org>',
        ]
    },
    "international addresses": {"recipients": ["jörg@bücher.example", "ann@bücher.example"]},
    "high lane": {"priority": "high"},
    "bulk lane": {"priority": "bulk"},
}
