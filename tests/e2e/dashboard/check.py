# SPDX-License-Identifier: PostgreSQL
"""check.py URL FOLDER SHOTS: what the dashboard promises, one function each, in their order.

tests/e2e/test_dashboard.c runs it, and does what ask() asks for. Nothing is waited for but
conditions; screenshots go to SHOTS for people to look at.
"""
import base64
import json
import os
import sys
import traceback
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
from browser import Browser, awaited, expect  # noqa: E402

PLANTED = "select ? as \"<img src=x onerror=document.title='owned'>\""
WIDE, PHONE = (1440, 900), (390, 844)

URL, FOLDER, SHOTS = sys.argv[1:4]


# ---- the other two: the test program, and Sluice's API ----

def ask(word):
    path = os.path.join(FOLDER, "ask")
    with open(f"{path}.new", "w") as file:
        file.write(word)
    os.rename(f"{path}.new", path)
    awaited(word, lambda: not os.path.exists(path))


def api(path):
    with urllib.request.urlopen(URL + path, timeout=60) as answer:
        return json.load(answer)


def is_served():
    try:
        return api("/readyz")["ready"]
    except (urllib.error.URLError, ConnectionError):
        return False


def view(name):
    answer = api(f"/api/views/{name}")
    columns = [column["name"] for column in answer["columns"]]
    return [dict(zip(columns, row)) for row in answer["rows"]]


def performance(order="total"):
    return api(f"/api/metrics/performance?order={order}&limit=100")


# ---- what the page has ----

PLOTTED = """import('/dashboard/plot.js').then(({plots}) => Object.fromEntries(
    [...plots].filter(([id, plot]) => plot.graph).map(([id, {graph}]) => [id,
        Array.from({length: graph.numRows()}, (_, row) => Array.from(
            {length: graph.numColumns()}, (_, column) => {
                const value = graph.getValue(row, column);
                return Number.isNaN(value) ? null : value;
            }))])))"""

# Pixels that are drawn at all, by plot.
DRAWN = """Object.fromEntries([...document.querySelectorAll('#plots .plot')].map((plot) => [plot.id,
    Math.max(...[...plot.querySelectorAll('canvas')].map((canvas) => {
        const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return data.filter((value, i) => i % 4 === 3 && value > 0).length;
    }), 0)]))"""


def cells(table):
    """The rows of a table as the page shows them, by the titles of the columns."""
    return browser.js(f"""[...document.querySelectorAll('#{table} tbody tr')].map((row) =>
        Object.fromEntries([...row.cells].map((cell) => [cell.dataset.title, cell.textContent])))""")


def state_is(name):
    browser.until(f"document.body.dataset.state === '{name}'")


def is_shown(selector):
    return f"document.querySelector('{selector}').checkVisibility()"


def nobody_complained(but_of_the_network=False):
    found = [one for one in browser.complaints()
             if not (but_of_the_network and isinstance(one, dict) and one.get("source") == "network")]
    expect(not found, f"the console has: {json.dumps(found)[:2000]}")
    strangers = [url for url in browser.requests() if not url.startswith((URL + "/", "data:"))]
    expect(not strangers, f"the page asked for {strangers}")
    browser.events.clear()


# ---- promises ----

def a_page_without_statistics_says_why():
    ask("start off")
    awaited("Sluice serves", is_served)
    browser.size(*WIDE)
    browser.open(f"{URL}/")
    state_is("live")
    browser.until(is_shown("#off"))
    expect("mode is off" in browser.js("document.getElementById('off').textContent"), "no reason")
    expect(browser.js("[...document.querySelectorAll('#plots .empty')].every((one) => "
                      "one.checkVisibility())"), "an empty plot does not say that it is empty")
    nobody_complained()


def a_sluice_that_is_away_is_seen_to_be_and_to_come_back():
    ask("kill")
    state_is("away")
    browser.until(is_shown("#away"))
    words = browser.js("document.getElementById('away').textContent")
    expect("has not answered since" in words, words)
    browser.shot(os.path.join(SHOTS, "dashboard-wide-away.png"), whole=False)
    ask("start")
    state_is("live")
    browser.until(f"!{is_shown('#away')} && !{is_shown('#off')}")
    nobody_complained(but_of_the_network=True)


def the_load_is_plotted():
    ask("load")
    browser.until("import('/dashboard/plot.js').then(({plots}) => { const {graph} = "
                  "plots.get('latency'); return graph && Array.from({length: graph.numRows()}, "
                  "(_, row) => graph.getValue(row, 1)).filter((p50) => p50 > 0).length >= 4 })")
    drawn = browser.js(DRAWN)
    expect(len(drawn) == 4 and min(drawn.values()) > 300, f"hardly anything is drawn: {drawn}")


def planted():
    return next(one for one in performance()["shapes"] if one["query"] == PLANTED)


def sparklines_are_drawn():
    awaited("minutes are kept, which is decided once a minute",
            lambda: any(minute["count"] > 0 for minute in planted()["minutes"]))
    browser.until("[...document.querySelectorAll('#shapes .spark .line')]"
                  ".some((line) => line.getAttribute('d').length > 10)")


def per_second(name):
    return lambda slot: slot[name] / slot["usec"] * 1e6


def at_a_time(name):
    return lambda slot: slot[name] / slot["usec"]


def quantile(name):
    return lambda slot: slot[name] if slot["queries"] > 0 else None


EXPECTED = {
    "throughput": [per_second(name) for name in ("queries", "transactions", "errors")],
    "latency": [quantile(name) for name in ("p50_us", "p95_us", "p99_us")],
    "where": [at_a_time(name) for name in ("client_us", "wait_us", "server_us")],
    "connections": [lambda slot, name=name: slot[name] for name in (
        "clients_active", "clients_waiting", "servers_active", "servers_idle")],
}


def is_near(a, b):
    return a == b or (a is not None and b is not None and abs(a - b) <= 1e-9 * max(abs(a), abs(b)))


def what_is_plotted_is_what_the_api_says():
    plotted = browser.js(PLOTTED)
    slots = {slot["ended_at"] // 1000: slot for slot in view("history")}
    for name, values in EXPECTED.items():
        rows = [row for row in plotted[name] if row[0] in slots]
        expect(len(rows) >= 4, f"{name}: only {len(rows)} of its rows are the API's")
        strangers = [row for row in plotted[name] if row[0] not in slots and any(row[1:])]
        expect(not strangers, f"{name} has {strangers}, which the API has not")
        lost = [at for at in slots if plotted[name][0][0] < at < plotted[name][-1][0]
                and at not in [row[0] for row in rows]]
        expect(not lost, f"{name} lacks {lost}")
        for row in rows:
            wanted = [value(slots[row[0]]) for value in values]
            expect(all(map(is_near, row[1:], wanted)), f"{name} at {row}: the API says {wanted}")


def what_happens_now_and_what_went_wrong_is_shown():
    awaited("pg_sleep is shown as under way",
            lambda: any("pg_sleep" in row["Statement"] for row in cells("active")))
    row = next(row for row in cells("active") if "pg_sleep" in row["Statement"])
    expect((row["Database"], row["User"], row["State"]) == ("shop", "one", "active"), row)
    awaited("a pool with the statement's server",
            lambda: any(row["Database"] == "shop" and int(row["Servers active"]) >= 1
                        for row in cells("pools")))
    awaited("the division by zero is among the errors", lambda: any(
        row["Class"] == "22" and row["Statement"] == "select ? / ?" for row in cells("errors")))
    awaited("what took 0.7 s is among the slow ones", lambda: any(
        row["Statement"] == "select ? from pg_sleep(?)" for row in cells("slow")))


def tiles(of):
    """Terms and what they say, of one list."""
    return browser.js(f"""Object.fromEntries([...document.querySelectorAll('#{of} > div')].map((one) =>
        [one.firstElementChild.textContent, one.lastElementChild.textContent]))""")


def the_cache_is_shown():
    def is_hit():
        of = tiles("cache-tiles")
        return of.get("hits", "0") not in ("0", "–") and of["hit rate"] not in ("–", "0 %")
    awaited("there are hits", is_hit)
    of = tiles("cache-tiles")
    api_says = {row["name"]: row["value"] for row in view("cache") if row["section"] == "cache"}
    expect((api_says["mode"], api_says["state"]) == ("safe", "proxy_only"), api_says)
    expect(of["writes past Sluice"] == "not known", of)
    expect(of["of at most"] == "64.0 MB" and of["never given beyond"] == "500 ms", of)
    expect(of["stale by now"] == "–", of)
    expect(browser.js("document.getElementById('cache-note').textContent") == api_says["reason"],
           "the reason is not shown")
    why = {(row["section"], row["name"]) for row in view("cache") if int_of(row["value"]) > 0}
    words = {"not looked up": "bypassed", "not kept": "misses", "may not be kept": "policy",
             "found, not given": "lookups"}
    rows = cells("cache")
    expect(rows and len(rows) <= 6, rows)
    for row in rows:
        name = row["Why not"].replace(" ", "_")
        section = words[row["What becomes of it"]]
        expect((section, name) in why or (section, f"misses_{name}") in why, row)
    awaited("a function that varies is among them", lambda: any(
        row["Why not"] == "function varies" for row in cells("cache")))
    awaited("writes are among what makes answers stale", lambda: any(
        row["What made answers stale"] == "writes" and row["Times"] not in ("0", "–")
        for row in cells("cache-causes")))


def int_of(text):
    return int(text) if text and text.isdigit() else 0


def groups_are_shown():
    def is_alike():
        groups = view("workload")
        shown = [(row["Group, by its most telling words"], row["Shapes"]) for row in cells("workload")]
        return groups and shown == [(one["group"] or "–", str(one["shapes"])) for one in groups]
    awaited("the groups are those of the API", is_alike)
    expect("analysed" in browser.js("document.getElementById('drift').textContent"), "no moment")


def it_looks_as_people_will_see_it():
    for (width, height), name in ((WIDE, "wide"), (PHONE, "phone")):
        for scheme in ("light", "dark"):
            browser.size(width, height)
            browser.scheme(scheme)
            browser.shot(os.path.join(SHOTS, f"dashboard-{name}-{scheme}.png"))
    browser.size(360, 740)
    expect(browser.js("document.documentElement.scrollWidth") <= 360, "wider than a phone")
    browser.size(*WIDE)
    browser.scheme("light")


def dark_and_light_are_different_and_legible():
    ratio = """(() => {
        const part = (v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
        const light = (name) => {
            const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
            const [r, g, b] = [1, 3, 5].map((i) => part(parseInt(hex.trim().substr(i, 2), 16) / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        return ['text', 'soft', 'link', 'bad', 'warn', 'good'].flatMap((ink) =>
            ['card', 'page'].map((paper) => {
                const [a, b] = [light(ink), light(paper)].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05);
            }));
    })()"""
    colours = "import('/dashboard/plot.js').then(({plots}) => plots.get('latency').graph.getColors())"
    seen = []
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        browser.until(f"matchMedia('(prefers-color-scheme: {scheme})').matches")
        browser.until(f"{colours}.then(([p50]) => p50 === getComputedStyle(document.documentElement)"
                      ".getPropertyValue('--p50').trim())")
        expect(min(browser.js(ratio)) >= 4.5, f"{scheme}: contrasts {browser.js(ratio)}")
        seen.append((browser.js("getComputedStyle(document.body).backgroundColor"),
                     browser.js(colours)))
    expect(seen[0][0] != seen[1][0], "the page is as dark as it is light")
    expect(seen[0][1] != seen[1][1], "the plots' colours did not follow")
    browser.scheme("light")


def shown_as(shape, whole):
    """A shape's numbers as the page is to write them."""
    return browser.js(f"""import('/dashboard/format.js').then(({{count, duration, percent}}) => {{
        const s = {json.dumps(shape)};
        return {{Share: percent(s.total_us, {whole}), Total: duration(s.total_us),
            Calls: count(s.count), Mean: duration(s.mean_us), p50: duration(s.p50_us),
            p95: duration(s.p95_us), p99: duration(s.p99_us), Max: duration(s.max_us),
            Rows: count(s.rows), Errors: count(s.errors)}};
    }})""")


def numbers_are_written_as_people_read_them():
    written = browser.js("""import('/dashboard/format.js').then((f) => [f.duration(0), f.duration(843),
        f.duration(1500), f.duration(59e6), f.duration(3723e6), f.count(1234), f.count(1234567),
        f.count(0.5), f.rate(0.001), f.bytes(3 << 20), f.percent(1, 8), f.duration(null)])""")
    wanted = ["0 µs", "843 µs", "1.50 ms", "59.0 s", "1 h 2 min", "1\u202f234", "1.23 M", "0.50",
              "< 0.01", "3.00 MB", "12.5 %", "–"]
    expect(written == wanted, f"{written} is not {wanted}")


def is_table_as_api_says():
    """None, or what is not alike: the page asks every ten seconds."""
    answer = performance()
    whole = answer["summary"]["total_us"]
    rows = cells("shapes")
    if len(rows) != min(15, len(answer["shapes"])):
        return f"{len(rows)} rows of {len(answer['shapes'])}"
    texts = {}
    for shape in answer["shapes"]:
        texts.setdefault(shape["query"], []).append(shown_as(shape, whole))
    for row in rows:
        numbers = {name: row[name] for name in row if name not in ("Statement", "Last hour")}
        known = [one for text in texts for one in texts[text]
                 if text is not None and row["Statement"].startswith(text)]
        if numbers not in known:
            return f"{row['Statement']}: {numbers} is none of {known}"
    return None


def the_statements_are_those_of_the_api():
    ask("calm")
    seen = []

    def is_alike():
        seen[:] = [is_table_as_api_says()]
        return seen[0] is None
    try:
        awaited("the table says what the API says", is_alike)
    finally:
        print("the last difference:", seen)


def a_click_on_a_column_orders_by_it():
    for order, title in (("calls", "count"), ("p95", "p95_us"), ("mean", "mean_us"),
                         ("errors", "errors"), ("total", "total_us")):
        browser.js(f"document.querySelector('#shapes [data-order={order}]').click()")
        expect(browser.js(f"document.querySelector('#shapes [data-order={order}]').closest('th')"
                          ".getAttribute('aria-sort')") == "descending", f"{order} is not marked")
        column = {"count": "Calls", "errors": "Errors"}.get(title, order if order[0] == "p" else
                                                            order.capitalize())

        def is_ordered():
            wanted = sorted((shape[title] for shape in performance(order)["shapes"]), reverse=True)
            form = "count" if column in ("Calls", "Errors") else "duration"
            texts = browser.js(f"import('/dashboard/format.js').then((f) => {json.dumps(wanted)}"
                               f".map(f.{form}))")
            return [row[column] for row in cells("shapes")] == texts[:15]
        awaited(f"the table is ordered by {order}", is_ordered)


def a_statement_is_text_and_opens_by_keyboard():
    row = ("[...document.querySelectorAll('#shapes .statement')].find((one) => "
           "one.textContent.includes('<img'))")
    browser.js(f"{row}.focus()")
    browser.press("Enter")
    browser.until("document.getElementById('shape').open")
    expect(browser.js("document.getElementById('shape-text').textContent") == PLANTED, "another text")
    expect(browser.js("document.querySelectorAll('img').length") == 0, "markup came from a statement")
    expect(browser.js("document.title") == "Sluice", "script came from a statement")
    shape = planted()
    numbers = browser.js("Object.fromEntries([...document.querySelectorAll('#shape-numbers > div')]"
                         ".map((one) => [one.children[0].textContent, one.children[1].textContent]))")
    wanted = shown_as(shape, 0)
    expect(numbers["id"] == shape["id"] and numbers["calls"] == wanted["Calls"] and
           numbers["p99"] == wanted["p99"], numbers)

    def is_plotted():
        rows = browser.js(PLOTTED)["minutes-calls"]
        minutes = planted()["minutes"]
        return len(rows) == len(minutes) and all(
            abs(row[0] - one["at"] / 1000) < 1000 and row[1] == one["count"]
            for row, one in zip(rows, minutes))
    awaited("its minutes are plotted", is_plotted)
    for (width, height), name in ((WIDE, "wide"), (PHONE, "phone")):
        browser.size(width, height)
        browser.shot(os.path.join(SHOTS, f"dashboard-{name}-statement.png"), whole=False)
    browser.size(*WIDE)
    browser.press("Escape")
    browser.until("!document.getElementById('shape').open")
    expect(browser.js(f"document.activeElement === {row}"), "the focus is lost")


def a_word_finds_statements():
    field = "document.getElementById('shapes-find')"
    browser.js(f"{field}.value = 'BALANCE'; {field}.dispatchEvent(new Event('input'))")
    found = [row["Statement"] for row in cells("shapes")]
    expect(len(found) >= 2 and all("balance" in text for text in found), found)
    browser.js(f"{field}.value = 'no such thing'; {field}.dispatchEvent(new Event('input'))")
    expect(cells("shapes") == [] and browser.js(is_shown("#shapes-note")), "found what is not there")
    browser.js(f"{field}.value = ''; {field}.dispatchEvent(new Event('input'))")


def dragging_looks_closer_in_all_plots():
    # Latency has none to show where there was no statement.
    ranges = ("import('/dashboard/plot.js').then(({plots}) => ['throughput', 'where', 'connections']"
              ".map((name) => plots.get(name).graph.xAxisRange()))")
    browser.js("document.getElementById('throughput').scrollIntoView({block: 'center'})")
    before = browser.js(ranges)
    box = browser.js("(({x, y, width, height}) => ({x, y, width, height}))(document.querySelector("
                     "'#throughput .canvas').getBoundingClientRect())")
    y = box["y"] + box["height"] / 2
    at = [box["x"] + box["width"] * part for part in (0.7, 0.8, 0.9, 0.95)]
    browser.call("Input.dispatchMouseEvent", type="mousePressed", x=at[0], y=y, button="left", clickCount=1)
    for x in at:
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y, button="left", buttons=1)
    browser.call("Input.dispatchMouseEvent", type="mouseReleased", x=at[-1], y=y, button="left", clickCount=1)
    browser.until(f"{ranges}.then((all) => all.every(([from, to]) => from === all[0][0] && "
                  f"to - from < {before[0][1] - before[0][0]} / 2))")
    browser.js("document.querySelectorAll('#ranges button')[1].click()")
    browser.until(f"{ranges}.then((all) => all[0][1] - all[0][0] >= {before[0][1] - before[0][0]})")
    expect(browser.js("document.querySelectorAll('#ranges button')[1].ariaPressed") == "true", "1 h")


def what_nobody_looks_at_asks_nothing():
    """Silence can only be waited for: a slow machine makes this weaker, not wrong."""
    hide = ("Object.defineProperty(document, 'hidden', {{configurable: true, value: {}}});"
            "document.dispatchEvent(new Event('visibilitychange'))")
    browser.js(hide.format("true"))
    while browser.hear(12):  # what was on its way; then nothing for more than two rounds
        pass
    browser.events.clear()
    browser.js(hide.format("false"))
    awaited("it asks again", lambda: browser.js("1") and browser.requests())


def one_refusal_leaves_the_rest():
    body = base64.b64encode(b'{"error":{"code":"unavailable","message":"not at present"}}').decode()
    answered = set()

    def is_shown_and_said():
        browser.hear(0)
        for paused in browser.of("Fetch.requestPaused"):
            if paused["requestId"] not in answered:
                answered.add(paused["requestId"])
                browser.call("Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=503,
                             body=body, responseHeaders=[
                                 {"name": "Content-Type", "value": "application/json"}])
        return len(answered) >= 5 and browser.js(
            "document.body.dataset.state === 'live' && "
            "document.getElementById('tiles').children.length > 0 && "
            "document.getElementById('pools-note').textContent === 'not at present'")
    names = ("pools", "drift", "workload", "config", "version")
    browser.call("Fetch.enable",
                 patterns=[{"urlPattern": f"{URL}/api/views/{name}*"} for name in names])
    browser.open(f"{URL}/")
    awaited("the rest of the page goes on", is_shown_and_said)
    browser.call("Fetch.disable")
    nobody_complained(but_of_the_network=True)
    browser.open(f"{URL}/")
    awaited("all of it is back", lambda: browser.js(
        "document.body.dataset.state === 'live' && !document.getElementById('pools').hidden"))


def things_have_names():
    nameless = browser.js("""[...document.querySelectorAll('button, input, select, section, dialog')]
        .filter((one) => one.checkVisibility() && !(one.textContent.trim() || one.labels?.length ||
            one.getAttribute('aria-label'))).map((one) => one.outerHTML)""")
    expect(nameless == [], f"without a name: {nameless}")
    broken = browser.js("[...document.querySelectorAll('[aria-labelledby]')].filter((one) => "
                        "!document.getElementById(one.getAttribute('aria-labelledby'))).length")
    expect(broken == 0, "a label is not there")
    expect(browser.js("document.querySelectorAll('h1').length") == 1, "not one heading")


PROMISES = [
    a_page_without_statistics_says_why,
    a_sluice_that_is_away_is_seen_to_be_and_to_come_back,
    the_load_is_plotted,
    what_is_plotted_is_what_the_api_says,
    what_happens_now_and_what_went_wrong_is_shown,
    sparklines_are_drawn,
    the_cache_is_shown,
    groups_are_shown,
    it_looks_as_people_will_see_it,
    dark_and_light_are_different_and_legible,
    numbers_are_written_as_people_read_them,
    things_have_names,
    one_refusal_leaves_the_rest,
    the_statements_are_those_of_the_api,
    a_click_on_a_column_orders_by_it,
    a_statement_is_text_and_opens_by_keyboard,
    a_word_finds_statements,
    dragging_looks_closer_in_all_plots,
    what_nobody_looks_at_asks_nothing,
    nobody_complained,
    a_sluice_that_is_away_is_seen_to_be_and_to_come_back,
]

browser = Browser(FOLDER)
try:
    for promise in PROMISES:
        print(promise.__name__, flush=True)
        promise()
except Exception:
    traceback.print_exc()
    browser.shot(os.path.join(SHOTS, "dashboard-failed.png"))
    sys.exit(1)
finally:
    browser.stop()
