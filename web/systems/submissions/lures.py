"""Everyday words of lures that no one is called, without accents and in lower case."""

from typing import Final

LURES: Final = frozenset(
    {
        "account", "accounts", "answer", "attention", "bitcoin", "blocked", "bonus", "buy",
        "call", "casino", "claim", "click", "closed", "com", "confirm", "contact", "credit",
        "crypto", "customer", "deleted", "dot", "download", "earn", "email", "expired",
        "expires", "free", "ftp", "has", "help", "here", "http", "https", "immediately",
        "invest", "invoice", "is", "join", "locked", "login", "lottery", "mail", "message",
        "money", "must", "net", "now", "offer", "org", "overdue", "parcel", "password", "pay",
        "payment", "phone", "please", "prize", "refund", "reply", "reset", "restore", "reward",
        "send", "sex", "slash", "stop", "suspended", "telegram", "today", "transfer", "unlock",
        "unpaid", "update", "urgent", "verify", "visit", "voucher", "warning", "was", "watch",
        "whatsapp", "winner", "www", "you", "your", "yours", "zero", "two", "three", "four",
        "five", "six", "seven", "eight", "nine", "konto", "gesperrt", "geschlossen", "bitte",
        "jetzt", "ihr", "ihre", "anruf", "anrufen", "rufen", "zahlen", "klicken", "gewonnen",
        "gewinn", "hier", "rechnung", "passwort", "sofort", "punkt", "compte", "votre", "bloque",
        "ferme", "appelez", "cliquez", "ici", "payez", "maintenant", "gagne", "facture",
        "point", "cuenta", "llame", "haga", "clic", "aqui", "pague", "ahora", "ganado",
        "bloqueada", "cerrada", "punto", "factura", "conto", "tuo", "bloccato", "chiami",
        "clicca", "qui", "paghi", "adesso", "vinto",
    }
)  # fmt: skip
