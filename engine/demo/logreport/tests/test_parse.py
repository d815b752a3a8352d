import unittest

from logreport.parse import Entry, parse, parse_line, parse_time

LINE = (
    '10.7.0.1 - ada [04/Mar/2024:10:15:32 +0100] "GET /shop/?q=1 HTTP/1.1" 200 512 '
    '"https://example.org/" "Mozilla/5.0 Firefox/123.0" 0.125'
)


class ParseLine(unittest.TestCase):
    def test_all_fields(self):
        self.assertEqual(
            parse_line(LINE),
            Entry("10.7.0.1", "ada", 1709543732, "GET", "/shop/?q=1", 200, 512, "Mozilla/5.0 Firefox/123.0", 0.125),
        )

    def test_no_size_is_zero(self):
        self.assertEqual(parse_line(LINE.replace(" 512 ", " - ")).size, 0)

    def test_what_is_not_a_request(self):
        for line in ("", "hello", LINE.replace('"GET', '"get'), LINE[:-6], LINE.replace(" 200 ", " 20 ")):
            self.assertIsNone(parse_line(line))

    def test_impossible_times(self):
        for time in ("04/Foo/2024:10:15:32 +0100", "04/Mar/2024:10:15 +0100", "yesterday"):
            self.assertIsNone(parse_line(LINE.replace("04/Mar/2024:10:15:32 +0100", time)))

    def test_text_after_the_line_is_ignored(self):
        self.assertEqual(parse_line(LINE + " extra"), parse_line(LINE))


class ParseTime(unittest.TestCase):
    def test_the_beginning(self):
        self.assertEqual(parse_time("01/Jan/1970:00:00:00 +0000"), 0)

    def test_leap_years(self):
        day = 86400
        self.assertEqual(parse_time("29/Feb/2024:00:00:00 +0000") + day, parse_time("01/Mar/2024:00:00:00 +0000"))
        self.assertEqual(parse_time("28/Feb/2023:00:00:00 +0000") + day, parse_time("01/Mar/2023:00:00:00 +0000"))
        self.assertEqual(parse_time("29/Feb/2000:00:00:00 +0000") + day, parse_time("01/Mar/2000:00:00:00 +0000"))
        self.assertEqual(parse_time("31/Dec/2024:00:00:00 +0000") + day, parse_time("01/Jan/2025:00:00:00 +0000"))

    def test_against_the_calendar(self):
        from datetime import datetime, timedelta, timezone

        start = datetime(1999, 12, 1, 7, 8, 9, tzinfo=timezone.utc)
        for days in range(0, 12000, 13):
            time = start + timedelta(days=days)
            self.assertEqual(parse_time(time.strftime("%d/%b/%Y:%H:%M:%S +0000")), int(time.timestamp()))

    def test_zones(self):
        utc = parse_time("04/Mar/2024:10:15:32 +0000")
        self.assertEqual(parse_time("04/Mar/2024:10:15:32 +0130"), utc - 5400)
        self.assertEqual(parse_time("04/Mar/2024:10:15:32 -0800"), utc + 28800)
        self.assertEqual(parse_time("04/Mar/2024:10:15:32"), utc)

    def test_unknown_month(self):
        with self.assertRaises(KeyError):
            parse_time("04/Mai/2024:10:15:32 +0000")

    def test_unreadable(self):
        with self.assertRaises(ValueError):
            parse_time("4 March 2024")


class Parse(unittest.TestCase):
    def test_skips_empty_lines_and_comments(self):
        entries, rejected = parse(["# a log\n", "\n", LINE + "\n", "   \n"])
        self.assertEqual((len(entries), rejected), (1, 0))

    def test_counts_what_it_rejects(self):
        entries, rejected = parse([LINE, "broken", LINE, "04/Mar"])
        self.assertEqual((len(entries), rejected), (2, 2))

    def test_takes_any_iterable(self):
        self.assertEqual(len(parse(line for line in [LINE] * 3)[0]), 3)
