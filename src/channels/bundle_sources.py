#!/usr/bin/env python3
"""Writes bundled_sources.sql from the lists it is made of.

    bundle_sources.py GA4 MATOMO > bundled_sources.sql
    bundle_sources.py GA4 MATOMO vectors > ../../test/fixture/channel_vectors.csv

The second form writes what the public lists say of each host, for a test.

GA4: seeds/ga4_source_categories.csv of the dbt package Velir/dbt-ga4. MATOMO: a checkout of matomo-org/searchengine-and-social-list. The
third list is own_sources.csv beside this script; a host that it names is what it says. Update the head below with what was taken.
"""
import csv
import os
import re
import sys
import unicodedata

import yaml

HEAD = """\
-- Sources by category and hosts by platform. Written by bundle_sources.py; do not edit by hand.
--
-- analytics_internal.source_category: Google's list of sources by category (support.google.com/analytics/answer/9756891), taken from
-- seeds/ga4_source_categories.csv of Velir/dbt-ga4, commit 2d7b1f1c of 2025-11-25, MIT licence, (c) 2022 Adam Ribaudo.
-- analytics_internal.source_host: SearchEngines.yml, Socials.yml and AIAssistants.yml of matomo-org/searchengine-and-social-list, commit
-- 3b3a82dc of 2026-07-15, CC0 1.0; those entries of Google's list that are hosts; and own_sources.csv of 2026-11-29, under this project's
-- licence. Of a host that several name, the own list decides, then Google's category.
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
COMMON = {"com", "net", "org", "cat"}
SECOND_LEVEL = {"co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go", "it"}


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


def stem_of(host):
    """The labels of a host without its top-level domain, where that is a country's or a common one: see src/channels/ruleset.cpp."""
    labels = host.split(".")
    if labels[-1] in COMMON:
        return labels[:-1]
    if len(labels[-1]) != 2:
        return []
    return labels[:-2] if len(labels) > 2 and labels[-2] in SECOND_LEVEL else labels[:-1]


def nearest(host, hosts):
    """The entry that would hold for `host` if it had none, and the labels in front of its domain."""
    labels, stem = host.split("."), stem_of(host)
    for start in range(len(labels)):
        for pattern in [".".join(labels[start:])] + [".".join(stem[start:]) + ".{}"] * (start < len(stem)):
            if pattern != host and pattern in hosts:
                return pattern, labels[:start]
    return None, []


def label_entry(label, hosts):
    return hosts.get(label + ".*", hosts.get((label.rstrip("0123456789") or label) + ".*"))


def inherited(host, hosts):
    """What `host` would be without an entry of its own."""
    pattern, front = nearest(host, hosts)
    anywhere = label_entry(host.split(".")[0], hosts)
    if anywhere and anywhere[0] and host.count(".") > 1 and front:
        return anywhere
    if pattern is None:
        return None
    platform, category = hosts[pattern]
    if category in ("", "EMAIL", "AD", "PAYMENT"):
        return platform, category
    if category == "SEARCH" and (label_entry(pattern.split(".")[0], hosts) or ("", ""))[1] == "SEARCH":
        return platform, category
    for label in front:
        entry = label_entry(label, hosts)
        is_language = re.fullmatch("[a-z]{2}(-[a-z]{2})?", label)
        if (category == "SEARCH" and not is_language) if entry is None else not entry[1]:
            return platform, ""
    return platform, category


def network_of(host, hosts):
    """The platform of the domain above, or the name of the host's own domain."""
    above = nearest(host, hosts)[0]
    return HOSTS.get(host) or (hosts[above][0] if above else network(ascii_name(registrable(host))))


def read_matomo(folder):
    """Hosts, names of their networks, and categories."""
    for file, category in (("SearchEngines", "SEARCH"), ("Socials", "SOCIAL"), ("AIAssistants", "AI")):
        with open(os.path.join(folder, file + ".yml"), encoding="utf-8") as text:
            for name, entries in yaml.safe_load(text).items():
                for entry in entries:
                    for url in entry["urls"] if isinstance(entry, dict) else [entry]:
                        yield url.lower(), name, category


def read_hosts(ga_rows, matomo_rows, own_rows):
    category_of = dict(ga_rows)
    hosts = {host: (platform, category) for host, category, platform in own_rows if host.endswith(".*")}
    for url, name, category in matomo_rows:
        host = host_pattern(url)
        if host is None or (host in PORTALS and category == "SEARCH"):
            continue
        platform = network(ascii_name(name) or registrable(host))
        if host in GOOGLE_PLUS:
            platform = "google_plus"
        platform = HOSTS.get(host, platform)
        if category != "AI":
            category = category_of.get(host.replace(".{}", ".com"), category_of.get(platform, category))
        # An assistant is listed among the search engines too; the list of assistants knows it better.
        if host not in hosts or category == "AI":
            hosts[host] = (platform, category)
    for source, category in ga_rows:
        host = host_pattern(source)
        if host and re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", host) and host not in hosts:
            hosts[host] = ("google_plus" if host in GOOGLE_PLUS else network_of(host, hosts), category)
    covered = {host.removesuffix(".{}") for host, _, _ in own_rows if host.endswith(".{}")}
    for host in [each for each in hosts if ".".join(stem_of(each)) in covered]:
        del hosts[host]
    for host, category, platform in own_rows:
        if not host.endswith(".*"):
            hosts[host] = (platform or (hosts[host][0] if host in hosts else network_of(host.replace(".{}", ".com"), hosts)), category)
    return hosts


def is_redundant(host, hosts):
    is_pattern = "/" in host or "{}" in host or "*" in host
    # An entry with a path beside it must stay: its domain says what the other paths are.
    has_paths = any(other.startswith(host + "/") for other in hosts)
    return not is_pattern and not has_paths and inherited(host, hosts) == hosts[host]


def sql(value):
    return "NULL" if value == "" else "'" + value.replace("'", "''") + "'"


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


def print_vectors(ga_rows, matomo_rows):
    """list,referrer,channel: a host of any country in two of them."""
    channels = {"SEARCH": "Organic Search", "SHOPPING": "Organic Shopping", "SOCIAL": "Organic Social", "VIDEO": "Organic Video",
                "AI": "AI Assistant"}
    rows = {("google", source, channels[category]) for source, category in ga_rows if re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", source)}
    # Of a host in several of these lists the most special one holds.
    listed = {}
    for url, _, category in sorted(matomo_rows, key=lambda row: ["SEARCH", "SOCIAL", "AI"].index(row[2])):
        listed[url.removeprefix("www.")] = (url, category)
    for url, category in listed.values():
        # In front it is a language, at the end the domain of a country.
        for country in ("de", "com.br") if url.endswith("{}") else ("de",):
            rows.add(("matomo", re.sub("{}(?=.)", "de", url).replace("{}", country), channels[category]))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["list", "referrer", "channel"])
    writer.writerows(sorted(rows))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        ga_rows = [(r["source"].strip().lower(), r["source_category"].removeprefix("SOURCE_CATEGORY_")) for r in csv.DictReader(file)]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "own_sources.csv"), encoding="utf-8") as file:
        own_rows = list(csv.reader(line for line in file if not line.startswith("#")))[1:]
    matomo_rows = list(read_matomo(sys.argv[2]))
    if sys.argv[3:] == ["vectors"]:
        print_vectors(ga_rows, matomo_rows)
        return
    hosts = read_hosts(ga_rows, matomo_rows, own_rows)
    # Domains before what lies below them: each row is judged by the rows that stay.
    for host in sorted(hosts, key=lambda each: each.count(".")):
        if is_redundant(host, hosts):
            del hosts[host]
    print(HEAD, end="")
    insert("source_category", ["source", "category"], sorted(ga_rows))
    insert("source_host", ["host", "platform", "category"], [(h, *e) for h, e in sorted(hosts.items())])


main()
