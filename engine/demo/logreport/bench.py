"""Benchmark: a report on a made-up day of traffic; prints a checksum of it, so that a wrong report shows."""

import hashlib
import random

from logreport.parse import parse
from logreport.report import report

LINES = 6000
PAGES = 900
VISITORS = 200_000
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_{1}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.{1} Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{1} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{0}.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
)


def log() -> list[str]:
    """The lines of the made-up log."""
    chance = random.Random(20240304)
    agents = [agent.format(version, version % 6) for agent in AGENTS for version in range(110, 124)]
    pages = [f"/{chance.choice(('shop', 'blog', 'help', 'img'))}/{number}/index.html" for number in range(PAGES)]
    lines = []
    for number in range(LINES):
        second = number * 86400 // LINES
        # Most visitors come once; a few come often.
        visitor = int(VISITORS * chance.random() ** 2)
        host, agent = f"10.7.{visitor // 256}.{visitor % 256}", agents[visitor % len(agents)]
        page = pages[int(PAGES * chance.random() ** 1.3)]
        status = 404 if chance.random() < 0.04 else 200
        time = f"04/Mar/2024:{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0000"
        lines.append(
            f'{host} - - [{time}] "GET {page}?s={number} HTTP/1.1" {status} {number * 37 % 50000} '
            f'"-" "{agent}" {chance.random() ** 4:.3f}'
        )
    return lines


if __name__ == "__main__":
    entries, rejected = parse(log())
    text = report(entries, rejected)
    print(hashlib.sha256(text.encode()).hexdigest()[:16])
