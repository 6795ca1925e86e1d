#!/usr/bin/env python3
"""Writes bundled_sources.sql from the two public lists it is made of.

    bundle_sources.py ga4_source_categories.csv matomo_domains.csv > bundled_sources.sql

The first file has the columns source, source_category (the seed of the MIT-licensed dbt package Velir/dbt-ga4), the second
domain_pattern, source_name, category (the CC0 lists of matomo-org/searchengine-and-social-list, flattened).
"""
import csv
import re
import sys
import unicodedata

HEAD = """\
-- Sources by category and hosts by platform. Written by bundle_sources.py; do not edit by hand.
--
-- analytics_internal.source_category: Google's list of sources by category (support.google.com/analytics/answer/9756891), taken from
-- seeds/ga4_source_categories.csv of Velir/dbt-ga4, commit 2d7b1f1c, MIT licence, (c) 2022 Adam Ribaudo.
-- analytics_internal.source_host: SearchEngines.yml, Socials.yml and AIAssistants.yml of matomo-org/searchengine-and-social-list, commit
-- 3b3a82dc, CC0 1.0; and those entries of Google's list that are hosts. Where both name a host, Google's category holds.
"""

# Products of one network, and names that the lists spell in their own way.
PLATFORMS = {
    "google": r"google(_.*)?|la_toile_du_quebec.*|startpagina_.*",
    "bing": r"bing(_.*)?",
    "yahoo": r"yahoo(_.*)?",
    "yandex": r"yandex(_.*)?",
    "biglobe": r"biglobe_images",
    "auone": r"auone_images",
    "nifty": r"nifty_videos",
    "so_net": r"so_net_videos",
    "seznam": r"seznam_videa",
    "gigablast": r"gigablast_.*",
    "metager": r"metager2",
    "360search": r"haosou",
    "vk": r"vkontakte",
    "habbo": r"haboo",
    "qzone": r"ozone",
    "mail.ru": r"mailru|my\.mail\.ru",
    "compuserve": r"compuserve.*",
    "onet": r"onet\.pl",
    "classmates": r"classmates\.com",
    "geni": r"geni\.com",
    "sonico": r"sonico\.com",
    "duckduckgo": r"duck\.ai",
    "coc_coc": r"coc_coc",
}
GOOGLE_PLUS = {"plus.google.com", "url.google.com", "plus.url.google.com", "com.google.android.apps.plus"}
# Hosts of the lists whose name is not the name of the network.
HOSTS = {
    "fb.me": "facebook", "lnkd.in": "linkedin", "t.co": "twitter", "t.me": "telegram", "youtu.be": "youtube", "vkontakte.ru": "vk",
    "vk.com": "vk", "wechat.com": "wechat", "odnoklassniki.ua": "odnoklassniki", "groups.google.com": "google_groups",
    "googlegroups.com": "google_groups", "sites.google.com": "google_sites", "messages.google.com": "google_messages",
    "play.google.com": "google_play", "lens.google.com": "google", "nicovideo.jp": "niconico", "awe.sm": "awe.sm",
    "aax.amazon-adsystem.com": "amazon", "aax-us-east.amazon-adsystem.com": "amazon", "s3.amazonaws.com": "amazon_s3",
    "smt.docomo.ne.jp": "docomo", "go.mail.ru": "mail.ru", "naver.com": "naver", "shop.app": "shopify", "video.ibm.com": "ibm_video",
    "web.skype.com": "skype", "ntp.msn.com": "msn", "goo.gl": "goo.gl", "gulli.com": "gulli", "music.youtube.com": "youtube",
    "iq.com": "iqiyi", "d.tube": "d.tube", "ibm.com": "ibm", "feedspot.com": "feedspot", "l.messenger.com": "messenger", "email.seznam.cz": "seznam",
    "x.com": "twitter", "bit.ly": "bit.ly", "is.gd": "is.gd", "last.fm": "last.fm", "blip.fm": "blip.fm", "identi.ca": "identi.ca",
}
# Hosts that the lists give in a form of their own, and hosts that are not what their category says.
RENAMED = {
    "android-app//com.google.android.googlequicksearchbox/https/www.google.com": "com.google.android.googlequicksearchbox",
    "linkedin.android": "com.linkedin.android",
    "login.live.com": None,
    "email.seznam.cz": None,
    "mail.yandex.ru": None,
    "mail.rambler.ru": None,
}
# Portals that only embed somebody else's search: Matomo tells their searches by a query parameter, which a host does not carry.
PORTALS = {"cnn.com", "fastweb.it", "optuszoo.com.au", "cgi2.nintendo.co.jp", "monumentbrowser.com", "netlavis.azione.jp", "web.de",
           "skynet.be", "charter.net", "t-online.de", "myspace.com"}
SECOND_LEVEL = {"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go"}


def ascii_name(text):
    """The canonical spelling of a name, in ASCII: an extension script must load in any database encoding."""
    text = unicodedata.normalize("NFKD", text.lower().replace("ø", "o").replace("%2b", "+")).encode("ascii", "ignore").decode()
    return re.sub(r"[\s\-]+", "_", re.sub(r"[!?,']", "", text).strip()) or None


def network(name):
    for platform, spelling in PLATFORMS.items():
        if re.fullmatch(spelling, name):
            return platform
    return name


def registrable(host):
    """amazon of amazon.co.uk, yahoo of ar.search.yahoo.com."""
    labels = host.split(".")
    tail = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL else 1
    return labels[-tail - 1]


def host_pattern(pattern):
    """A host that stands for its subdomains too: no www., no any-country label in front."""
    pattern = RENAMED.get(pattern, pattern)
    if pattern is None:
        return None
    host, slash, path = pattern.partition("/")
    host = re.sub(r"^(.*\{\}|www)\.(?!$)", "", host)
    return host + (slash + path.rstrip("/") if slash else "")


def candidates(host):
    """The patterns that would match `host` anyway, the nearest first."""
    labels = host.split(".")
    for start in range(1, len(labels) - 1):
        yield ".".join(labels[start:])
    stem = labels[:-2] if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in SECOND_LEVEL else labels[:-1]
    for start in range(len(stem)):
        yield ".".join(stem[start:]) + ".{}"


def read_hosts(ga_rows, matomo_rows, category_of):
    hosts = {}
    for row in matomo_rows:
        host = host_pattern(row["domain_pattern"].lower())
        if host is None or (host in PORTALS and row["category"] == "search"):
            continue
        platform = network(ascii_name(row["source_name"]) or registrable(host))
        if host in GOOGLE_PLUS:
            platform = "google_plus"
        platform = HOSTS.get(host, platform)
        category = {"search": "SEARCH", "social": "SOCIAL", "ai_assistant": "AI"}[row["category"]]
        if category != "AI":
            category = category_of.get(host.replace(".{}", ".com"), category_of.get(platform, category))
        # An assistant is listed among the search engines too; the list of assistants knows it better.
        if host not in hosts or category == "AI":
            hosts[host] = (platform, category)
    for source, category in ga_rows:
        host = host_pattern(source)
        if host and re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", host) and host not in hosts:
            known = next((hosts[c][0] for c in candidates(host) if c in hosts), None)
            platform = HOSTS.get(host) or known or network(ascii_name(registrable(host)))
            hosts[host] = ("google_plus" if host in GOOGLE_PLUS else platform, category)
    return hosts


def is_redundant(host, entry, hosts):
    if "/" in host or "{}" in host:
        return False
    nearest = next((c for c in candidates(host) if c in hosts), None)
    return nearest is not None and hosts[nearest] == entry


def sql(value):
    return "'" + value.replace("'", "''") + "'"


def insert(table, columns, rows):
    print(f"\nINSERT INTO analytics_internal.{table} ({', '.join(columns)})\nSELECT v.* FROM (VALUES")
    line = "   "
    for index, row in enumerate(rows):
        item = "(" + ", ".join(map(sql, row)) + ")" + ("," if index + 1 < len(rows) else "")
        if len(line) + len(item) > 126:
            print(line)
            line = "   "
        line += " " + item
    print(line + f"\n) AS v ({', '.join(columns)});")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ga_rows = [(r["source"].strip().lower(), r["source_category"].removeprefix("SOURCE_CATEGORY_")) for r in csv.DictReader(file)]
    with open(sys.argv[2], encoding="utf-8") as file:
        matomo_rows = list(csv.DictReader(file))
    hosts = read_hosts(ga_rows, matomo_rows, dict(ga_rows))
    kept = [(h, *e) for h, e in sorted(hosts.items()) if not is_redundant(h, e, hosts)]
    print(HEAD, end="")
    insert("source_category", ["source", "category"], sorted(ga_rows))
    insert("source_host", ["host", "platform", "category"], kept)


main()
