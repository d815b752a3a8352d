import random
import unittest

from logreport import stats
from logreport.parse import Entry

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36"
ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1)"


def entry(host="h1", time=0, target="/", status=200, size=10, agent=FIREFOX, seconds=0.1):
    return Entry(host, "-", time, "GET", target, status, size, agent, seconds)


class Visitors(unittest.TestCase):
    def test_order_of_first_request(self):
        entries = [entry("b"), entry("a"), entry("b"), entry("a", agent=CHROME)]
        self.assertEqual(stats.visitors(entries), [("b", FIREFOX), ("a", FIREFOX), ("a", CHROME)])

    def test_nobody(self):
        self.assertEqual(stats.visitors([]), [])

    def test_like_a_dict(self):
        chance = random.Random(1)
        entries = [entry(f"h{chance.randrange(40)}", agent=chance.choice((CHROME, ROBOT))) for _ in range(500)]
        self.assertEqual(stats.visitors(entries), list(dict.fromkeys((e.host, e.agent) for e in entries)))

    def test_each_call_starts_anew(self):
        self.assertEqual(stats.visitors([entry("a")]), stats.visitors([entry("a")]))


class Client(unittest.TestCase):
    def test_kinds(self):
        edge = CHROME + " Edg/122.0"
        safari = "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/17.2 Safari/604.1"
        agents = (FIREFOX, CHROME, edge, safari, ROBOT, "curl/8.4.0", "", "Lynx/2.9")
        kinds = ["Firefox", "Chrome", "Edge", "Safari", "robot", "tool", "other", "other"]
        self.assertEqual([stats.client(agent) for agent in agents], kinds)
        self.assertEqual([stats.client(agent) for agent in agents], kinds)

    def test_case_does_not_matter(self):
        self.assertEqual(stats.client(FIREFOX.upper()), "Firefox")

    def test_hits(self):
        entries = [entry(agent=CHROME), entry(agent=ROBOT), entry(agent=CHROME)]
        self.assertEqual(stats.client_hits(entries), {"Chrome": 2, "robot": 1})


class Pages(unittest.TestCase):
    def test_counts_requests_and_bytes_without_queries(self):
        entries = [entry(target="/a?x=1", size=5), entry(target="/b", size=7), entry(target="/a", size=1)]
        self.assertEqual(stats.page_hits(entries), [["/a", 2, 6], ["/b", 1, 7]])

    def test_no_pages(self):
        self.assertEqual(stats.page_hits([]), [])

    def test_many_pages(self):
        chance = random.Random(2)
        targets = [f"/{chance.randrange(60)}?n={n}" for n in range(600)]
        found = stats.page_hits([entry(target=target) for target in targets])
        plain = [target.split("?")[0] for target in targets]
        self.assertEqual(found, [[page, plain.count(page), 10 * plain.count(page)] for page in dict.fromkeys(plain)])

    def test_top_keeps_the_order_of_equals(self):
        rows = [["/a", 1, 0], ["/b", 3, 0], ["/c", 3, 0], ["/d", 2, 0]]
        self.assertEqual([row[0] for row in stats.top(rows, 3)], ["/b", "/c", "/d"])
        self.assertEqual(stats.top(rows, 0), [])
        self.assertEqual(len(stats.top(rows, 9)), 4)

    def test_slowest(self):
        entries = [entry(target="/slow", seconds=2.0), entry(target="/fast?x", seconds=0.1), entry(target="/odd", seconds=2.0)]
        pages = stats.page_hits(entries)
        self.assertEqual(stats.slowest_pages(entries, pages, 2), [("/odd", 2.0), ("/slow", 2.0)])

    def test_robots_do_not_wait(self):
        entries = [entry(target="/a", seconds=9.0, agent=ROBOT), entry(target="/a", seconds=0.5)]
        self.assertEqual(stats.slowest_pages(entries, stats.page_hits(entries), 2), [("/a", 0.5)])


class Numbers(unittest.TestCase):
    def test_percentiles(self):
        values = [5.0, 1.0, 4.0, 2.0, 3.0]
        self.assertEqual([stats.percentile(values, p) for p in (0, 20, 21, 50, 80, 99, 100)], [1, 1, 2, 3, 4, 5, 5])
        self.assertEqual(values, [5.0, 1.0, 4.0, 2.0, 3.0])

    def test_percentile_of_nothing(self):
        self.assertEqual(stats.percentile([], 50), 0.0)

    def test_errors_leave_robots_out(self):
        entries = [entry(status=404), entry(status=404, agent=ROBOT), entry(status=500), entry(status=301)]
        self.assertEqual(stats.errors(entries), {404: 1, 500: 1})

    def test_traffic_leaves_robots_out(self):
        self.assertEqual(stats.traffic([entry(size=5), entry(size=7, agent=ROBOT), entry(size=1)]), 6)

    def test_people_by_hour(self):
        times = (0, 3599, 3600, 86400 + 7200)
        hours = stats.by_hour([entry(time=time) for time in times] + [entry(agent=ROBOT)])
        self.assertEqual(hours, [2, 1, 1] + [0] * 21)

    def test_busiest(self):
        entries = [entry(time=time) for time in (0, 50, 100, 105, 110, 159, 160, 400)]
        self.assertEqual(stats.busiest(entries, 60), (4, 100))
        self.assertEqual(stats.busiest(entries, 1000), (8, 0))
        self.assertEqual(stats.busiest([], 60), (0, 0))

    def test_busiest_like_counting(self):
        chance = random.Random(3)
        times = sorted(chance.randrange(2000) for _ in range(400))
        most = max(sum(1 for other in times if time <= other < time + 60) for time in times)
        self.assertEqual(stats.busiest([entry(time=time) for time in times], 60)[0], most)
