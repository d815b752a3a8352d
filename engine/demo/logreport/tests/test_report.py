import unittest

from logreport import report
from logreport.parse import parse

LOG = """\
10.7.0.1 - - [04/Mar/2024:10:15:32 +0000] "GET /shop/index.html?q=1 HTTP/1.1" 200 512 "-" "Firefox/123.0" 0.125
10.7.0.2 - - [04/Mar/2024:10:15:40 +0000] "GET /blog/ HTTP/1.1" 404 - "-" "Chrome/122.0 Safari/537.36" 0.500
broken
10.7.0.1 - - [04/Mar/2024:10:18:00 +0000] "GET /shop/index.html HTTP/1.1" 200 1500 "-" "Firefox/123.0" 0.250
"""
HOURS = " " * 10 + "█" + " " * 13
EXPECTED = f"""\

Overview
----------------------------------------------------------------
requests             3   visitors            2
traffic         2.0 kB   rejected            1
busiest minute: 2 requests, from 10:15
people by hour: {HOURS}
response time: p50 0.250 s, p90 0.500 s, p95 0.500 s, p99 0.500 s

Pages
----------------------------------------------------------------
/shop/                                           2 █████████████
/blog/                                           1 ██████▌

Slowest pages (95th percentile)
----------------------------------------------------------------
    0.500 s  /blog/
    0.250 s  /shop/

Clients
----------------------------------------------------------------
Chrome                                           1 ██████▌
Firefox                                          2 █████████████

Errors
----------------------------------------------------------------
404                                              1 █████████████
"""


class Report(unittest.TestCase):
    def test_the_whole(self):
        self.assertEqual(report.report(*parse(LOG.splitlines()), width=64), EXPECTED)

    def test_twice_the_same(self):
        entries, rejected = parse(LOG.splitlines())
        self.assertEqual(report.report(entries, rejected), report.report(entries, rejected))

    def test_empty_log(self):
        self.assertIn("requests             0", report.report([], 0))


class Pieces(unittest.TestCase):
    def test_sizes(self):
        sizes = [report.size(n) for n in (0, 999, 1000, 1_234_567, 5 * 10**9, 7 * 10**12)]
        self.assertEqual(sizes, ["0 B", "999 B", "1.0 kB", "1.2 MB", "5.0 GB", "7.0 TB"])

    def test_bars(self):
        self.assertEqual(report.bar(10, 10, 3), "███")
        self.assertEqual(report.bar(5, 10, 3), "█▌")
        self.assertEqual(report.bar(0, 10, 3), "")
        self.assertEqual(report.bar(5, 0, 3), "")

    def test_sparkline(self):
        self.assertEqual(report.sparkline([0, 1, 4, 8]), " ▁▄█")
        self.assertEqual(report.sparkline([3, 3]), "██")
        self.assertEqual(report.sparkline([0, 0]), "  ")

    def test_table_of_nothing(self):
        self.assertEqual(report.table([], 60), "")

    def test_shorten(self):
        self.assertEqual(report.shorten("/a/index.html", 40), "/a/")
        self.assertEqual(report.shorten("/abcdefgh", 5), "/abc…")

    def test_clock(self):
        self.assertEqual(report.clock(1709543732), "09:15")
