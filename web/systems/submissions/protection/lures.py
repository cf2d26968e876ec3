"""Everyday words that make a sentence of a name: of lures, and those that hold sentences together.

In lower case, without accents. Few people are called so; they are greeted with "Hello".
"""

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
        "ferme", "appelez", "cliquez", "ici", "payez", "maintenant", "gagne", "facture", "point",
        "cuenta", "llame", "haga", "clic", "aqui", "pague", "ahora", "ganado", "bloqueada",
        "cerrada", "punto", "factura", "conto", "tuo", "bloccato", "chiami", "clicca", "qui",
        "paghi", "adesso", "vinto", "to", "the", "and", "we", "they", "it", "its", "this",
        "that", "what", "who", "when", "where", "why", "how", "for", "from", "with", "by", "off",
        "out", "up", "down", "if", "been", "did", "does", "could", "should", "would", "have",
        "had", "get", "got", "going", "give", "take", "know", "knows", "meet", "tonight",
        "tomorrow", "yesterday", "everything", "nothing", "me", "us", "our", "ours", "never",
        "always", "again", "und", "nicht", "wir", "haben", "vous", "nous", "avec", "pour", "pas",
        "por", "con", "usted", "todo",
    }
)  # fmt: skip
