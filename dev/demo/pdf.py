"""Writes a PDF with one line of text, so that the demo needs no library for it."""


def one_page_pdf(line: str) -> bytes:
    """A5 landscape, in Helvetica (ISO 32000-1, 7.5); `line` is ASCII."""
    text = line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    drawing = f"BT /F1 20 Tf 60 210 Td ({text}) Tj ET"
    page = "/Type /Page /Parent 2 0 R /MediaBox [0 0 595 420] /Contents 4 0 R"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< {page} /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    # The comment with high bytes marks the file as binary.
    pdf = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    entries = ["0000000000 65535 f \n"]
    for number, content in enumerate(objects, 1):
        entries.append(f"{len(pdf):010} 00000 n \n")
        pdf += f"{number} 0 obj\n{content}\nendobj\n".encode("ascii")
    size = len(entries)
    trailer = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(pdf)}\n%%EOF\n"
    return pdf + f"xref\n0 {size}\n{''.join(entries)}{trailer}".encode("ascii")
