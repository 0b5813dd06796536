"""strings - the deterministic texts on which tokenizers are compared.

strings(n) gives the same n byte strings in every run: SQL, prose in many scripts,
emoji, numbers, code, long white space, control characters, text of special tokens,
random Unicode and bytes that are not UTF-8. Every kind comes round in turn, so a
short list holds all of them.
"""

import random

WORDS = """sales store region revenue quantity discount price total average growth month quarter year
customer product category online returns before after between the of in for by with and or not top
best worst which how many much did we sell last this week east west north south Leipzig München
Köln São Paulo Zürich active inactive opened closed margin profit unit net gross tax VAT compare
trend rank share list explain why what is are was were per each every store's don't can't""".split()
TABLES = ["sales", "stores", "products", "regions", "customers", "returns_2024", "s", "p", "dim_date"]
COLUMNS = ["store_id", "region", "amount", "quantity", "unit_price", "sold_at", "name", "is_active",
           "discount_pct", "s.amount", "p.category", '"Order Date"', "t1.x"]
FUNCTIONS = ["sum", "avg", "count", "max", "min", "date_trunc", "coalesce", "round", "strftime"]
SENTENCES = [
    "Which active stores grew fastest in 2024?",
    "Welche Filialen sind im letzten Quartal am stärksten gewachsen, und warum?",
    "¿Cuánto vendimos en la región Este el año pasado? ¡Increíble!",
    "Quels magasins ont perdu des clients à l'été 2023 ?",
    "Какие магазины росли быстрее всего в прошлом году?",
    "Ποια καταστήματα είχαν τις περισσότερες πωλήσεις;",
    "去年哪家店的销售额最高？请按地区列出。",
    "昨年、最も売上が伸びた店舗はどこですか。",
    "작년에 매출이 가장 높은 매장은 어디입니까?",
    "ما هي المتاجر الأكثر نموا في العام الماضي؟",
    "אילו חנויות צמחו הכי מהר בשנה שעברה?",
    "पिछले साल किस दुकान की बिक्री सबसे ज्यादा थी?",
    "পূর্ব অঞ্চলে মোট বিক্রয় কত ছিল?",
    "ร้านไหนเติบโตเร็วที่สุดในปีที่แล้ว",
    "Cửa hàng nào tăng trưởng nhanh nhất năm ngoái?",
    "கடந்த ஆண்டு எந்த கடை அதிகம் விற்றது?",
    "ገቢው ስንት ነበር?", "Որքա՞ն էր եկամուտը", "რამდენი იყო შემოსავალი?",
    "He said: \"It's 3.5 % — or 1/2; maybe…\"", "l’été, naïve, coöperate, ﬁne ligature, ½ ² ³ № ™ ©",
    "Zalgo: Z̷a̴l̸g̵o̶", "e\u0301 vs \u00e9, A\u030a vs \u00c5, \u1e9b\u0323",
]
SPECIALS = ["<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<unk>", "<mask>", "<unused5>",
            "<unused99>", "[multimodal]", "<h1>", "</h1>", "<table>", "<td>", "<br>", "<0x41>", "<0x0A>",
            "<start_of_image>", "<|im_end|>", "▁▁", "▁", "<start_of_turn", "start_of_turn>", "<<bos>>"]
EMOJI = ["😀", "👍🏽", "👩‍👩‍👧‍👦", "🇩🇪", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "❤️", "🧑🏿‍🚀", "☃", "🤷‍♀️", "📈", "🛒", "\u200d", "\ufe0f"]
SPACES = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\u200b", "\ufeff", "\u2028", "\x0b", "\x0c"]
RANGES = [(0x20, 0x7E), (0xA0, 0x17F), (0x250, 0x36F), (0x370, 0x3FF), (0x400, 0x52F), (0x590, 0x5FF),
          (0x600, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1200, 0x137F), (0x1D00, 0x1DBF),
          (0x2000, 0x206F), (0x2190, 0x22FF), (0x2500, 0x25FF), (0x3040, 0x30FF), (0x4E00, 0x9FFF),
          (0xA000, 0xA48F), (0xAC00, 0xD7A3), (0xE000, 0xE0FF), (0xFB00, 0xFDFF), (0xFF00, 0xFFEF),
          (0x10000, 0x100FF), (0x12000, 0x123FF), (0x1D400, 0x1D7FF), (0x1F300, 0x1FAFF),
          (0x20000, 0x2A6DF), (0xE0000, 0xE007F), (0x10FF00, 0x10FFFF)]


def sql(r):
    c = lambda: r.choice(COLUMNS)
    f = lambda: f"{r.choice(FUNCTIONS)}({c()})"
    text = f"SELECT {c()}, {f()} AS {r.choice(['total', 'n', 'x1', 'avg_price'])}\nFROM {r.choice(TABLES)}"
    if r.random() < 0.5:
        text += f" JOIN {r.choice(TABLES)} ON {c()} = {c()}"
    if r.random() < 0.7:
        text += f"\n  WHERE {c()} {r.choice(['=', '<>', '>=', '<', 'ILIKE'])} '{r.choice(WORDS)}%'"
    if r.random() < 0.3:
        text += f" AND {c()} BETWEEN DATE '2024-{r.randint(1, 12):02}-01' AND DATE '2025-01-31'"
    if r.random() < 0.5:
        text += f"\nGROUP BY {c()}\nORDER BY {r.randint(1, 3)} DESC LIMIT {r.randint(1, 5000)};"
    return text.lower() if r.random() < 0.2 else text


def words(r):
    return " ".join(r.choice(WORDS) for _ in range(r.randint(1, 12))) + r.choice([".", "?", "!", "", " ", "..."])


def scripts(r):
    low, high = r.choice(RANGES)
    return "".join(chr(r.randint(low, high)) for _ in range(r.randint(1, 12)))


def mixed(r):
    return "".join(chr(r.randint(*r.choice(RANGES))) for _ in range(r.randint(1, 10)))


def numbers(r):
    return r.choice([f"{r.randint(0, 10**9):,}", f"€ {r.random() * 1e6:,.2f}", f"{r.random():.17g}",
                     f"{r.randint(1990, 2030)}-{r.randint(1, 12):02}-{r.randint(1, 31):02}T00:00:00Z",
                     "1" * r.randint(1, 40), f"-{r.randint(0, 99)} %", hex(r.getrandbits(64)), "٣٤٥ १२३"])


def spaces(r):
    return "".join(r.choice(SPACES) * r.choice([1, 1, 2, 3, 5, 17, 40]) + r.choice(["", "a", "the", "."])
                   for _ in range(r.randint(1, 5)))


def runs(r):
    return r.choice(["", "x", "SELECT"]) + r.choice([" ", "\n", "\t", " \n", "-", "=", "a", "ab", "é", "ha", "▁"]) \
        * r.randint(1, 75) + r.choice(["", "x", "1"])


def controls(r):
    return "".join(r.choice([chr(r.randint(0, 31)), chr(r.randint(127, 159)), "a", " b"]) for _ in range(r.randint(1, 10)))


def specials(r):
    return "".join(r.choice([r.choice(SPECIALS), r.choice(SPECIALS), r.choice(WORDS), " ", "\n", "user\n"])
                   for _ in range(r.randint(1, 6)))


def emoji(r):
    return "".join(r.choice([r.choice(EMOJI), r.choice(EMOJI), " ", r.choice(WORDS)]) for _ in range(r.randint(1, 5)))


def code(r):
    return r.choice(["def f(x):\n    return x**2 + {}\n", "if (a[{0}] != b->c) {{ n += {0}; }}",
                     '{{"key_{}": [1, 2.5e-3, null, "\\u00e9"]}}', "https://example.org/a/b?q={}&x=%20#top",
                     "<div class=\"x{}\">text</div>", "C:\\Users\\{}\\file.txt", "camelCaseWord{}snake_case"]
                    ).format(r.randint(0, 99999))


def sentence(r):
    text = r.choice(SENTENCES)
    if r.random() < 0.5:
        start = r.randrange(len(text))
        text = text[start:start + r.randint(1, 25)]
    return text.upper() if r.random() < 0.1 else text


def invalid(r):
    text = bytearray(r.choice([sentence, words, emoji, mixed])(r).encode())
    for _ in range(r.randint(1, 4)):
        at = r.randrange(len(text) + 1)
        bad = r.choice([b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80",
                        b"\xf0\x9f\x98", b"\xc3", b"\xf8\x88\x80\x80\x80", bytes([r.randint(128, 255)])])
        text[at:at] = bad
    return bytes(text[r.choice([0, 0, 1, 2]):])


KINDS = [sql, words, sentence, scripts, mixed, numbers, spaces, runs, controls, specials, emoji, code, invalid]


def strings(n, seed=20261122):
    r = random.Random(seed)
    made = [b"", b" ", b"a", b"\x00", b"\xff", "\u2581".encode()]
    while len(made) < n:
        text = KINDS[len(made) % len(KINDS)](r)
        made.append(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return made[:n]


def as_text(data):
    """What a tokenizer of text sees: bytes that are not UTF-8 become U+FFFD."""
    return data.decode("utf-8", "replace")
