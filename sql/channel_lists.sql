-- Classification against the lists that it is made of, host by host, and the kinds of hosts that no list spells out.
\i test/fixture/reset.sql
\pset null (null)

CREATE TEMP TABLE vector (list text, referrer text, channel text);
\copy vector from 'test/fixture/channel_vectors.csv' csv header
CREATE TEMP TABLE found AS
SELECT v.list, v.referrer, v.channel AS listed, (v.c).channel, (v.c).rule
FROM (SELECT v.*, analytics.classify_touch((SELECT analytics.channel_ruleset()), referrer_host => 'https://' || v.referrer || '/') AS c
      FROM vector v
      OFFSET 0) v;
-- At least 97 % agree; what does not is below, each with its reason in docs/channels.md.
SELECT list, count(*) AS hosts, avg((channel = listed)::int) >= 0.97 AS agrees FROM found GROUP BY list ORDER BY list;
SELECT list, listed, referrer, channel, rule FROM found WHERE channel <> listed
ORDER BY list COLLATE "C", listed COLLATE "C", referrer COLLATE "C";

-- Every entry of the own list, as the script beside it read it.
CREATE TEMP TABLE line (n serial, line text);
\copy line (line) from 'src/channels/own_sources.csv' csv quote E'\x01' delimiter E'\x02'
SELECT count(*) > 600 AS many, count(*) FILTER (WHERE h.host IS NULL AND f.channel IS DISTINCT FROM f.expected) AS wrong
FROM (SELECT l.host, c.channel, CASE l.category WHEN 'SEARCH' THEN 'Organic Search' WHEN 'SHOPPING' THEN 'Organic Shopping'
                 WHEN 'SOCIAL' THEN 'Organic Social'
                 WHEN 'VIDEO' THEN 'Organic Video' WHEN 'AI' THEN 'AI Assistant' WHEN 'EMAIL' THEN 'Email'
                 WHEN 'AD' THEN 'Display' WHEN '' THEN 'Referral' ELSE c.channel END AS expected
      FROM (SELECT split_part(line, ',', 1) AS host, split_part(line, ',', 2) AS category FROM line
            WHERE n > 1 AND line !~ '^#' AND line !~ '^[^,]*\*') l,
           analytics.channel_ruleset() r,
           LATERAL analytics.classify_touch(r, referrer_host => replace(l.host, '{}', 'com')) c) f
LEFT JOIN analytics.source_host h ON h.host = f.host AND h.category = 'PAYMENT';

-- Whole hosts of search engines; pages of networks that are none of theirs; mail, apps and servers of ads; languages and countries.
SELECT h AS host, c.platform, c.channel, c.is_paid, c.rule
FROM analytics.channel_ruleset() r,
     unnest('{www.google.com,google.com.ua,images.google.fr,pt-br.search.yahoo.com,de.ask.com,m.baidu.com,keep.google.com,'
            'sheets.google.com,sport.yahoo.com,metrica.yandex.com,ads.google.com,ads.reddit.com,business.linkedin.com,'
            'adsmanager.facebook.com,'
            'business.facebook.com,aws.amazon.com,smile.amazon.co.uk,old.reddit.com,someone.tumblr.com,mail.google.com,mail.example.net,'
            'webmail3.example.co.uk,mail.com,amail.example.net,deref-gmx.fr,android-app://com.linkedin.android.sales,'
            'android-app://com.google.android.apps.docs,com.reddit.frontpage,com.example.shop,'
            'android-app://com.example.mail,de.example.org,pubads.g.doubleclick.net,www.googleadservices.com,'
            'fra1-ib.adnxs.com,ads.adform.net,poe.com,www.kimi.com}'::text[])
         WITH ORDINALITY h (h, n),
     LATERAL analytics.classify_touch(r, referrer_host => h) c
ORDER BY n;

-- An id of Google's ads says which ad it was together with the page that showed it.
SELECT v.*, c.platform, c.channel, c.rule
FROM (VALUES ('gclid', NULL, NULL, 'https://www.youtube.com/'), ('gclid', NULL, NULL, 'https://www.google.com/'),
             ('gclid', NULL, NULL, NULL), ('gclid', 'google', 'cpc', 'https://m.youtube.com/watch'), ('gclid', 'youtube', NULL, NULL),
             ('gclid', NULL, NULL, 'https://abc.safeframe.googlesyndication.com/'), ('gclid', NULL, NULL, 'https://mail.google.com/'),
             ('gclid', NULL, NULL, 'https://www.tiktok.com/'), ('dclid', NULL, NULL, 'https://www.youtube.com/'),
             ('msclkid', NULL, NULL, 'https://www.bing.com/'), ('gclid', 'google', 'cpc', 'https://poe.com/')) 
         v (click_id, source, medium, referrer),
     analytics.channel_ruleset() r,
     LATERAL analytics.classify_touch(r, utm_source => v.source, utm_medium => v.medium, referrer_host => v.referrer,
                                      click_id_names => ARRAY[v.click_id]) c;

-- Whatever a touch says, its platform and its channel agree: no answer below, of a quarter of a million touches.
WITH touch AS (
    SELECT source_type, source, medium, campaign, referrer, click_id
    FROM unnest('{NULL,visit,phone call,email,direct}'::text[]) source_type,
         unnest('{NULL,google,fb,TikTok ads,viber,email,mail.google.com,(direct),Direct,unknown,referral,paid_search,sms,spring sale,youtube,'
                'doubleclick.net,chatgpt.com,paypal,awin,event}'::text[]) source,
         unnest('{NULL,cpc,email,referral,social,organic,cpm,print,video,affiliate,none,paid-social,web-push}'::text[]) medium,
         unnest('{NULL,eshop}'::text[]) campaign,
         unnest('{NULL,www.google.de,mail.example.org,l.facebook.com,blog.example.org,https://youtube.com/,pubads.g.doubleclick.net,'
                'chatgpt.com,keep.google.com,no host,com.reddit.frontpage}'::text[]) referrer,
         unnest('{NULL,gclid,fbclid,mc_cid,ttclid,dclid,awc,srsltid,xclid}'::text[]) click_id
), classified AS (
    SELECT t.*, analytics.classify_touch((SELECT analytics.channel_ruleset()), source_type, source, medium, campaign, referrer,
                                         ARRAY[click_id]) AS c
    FROM touch t
    OFFSET 0
), answer AS (
    SELECT t.*, (c).platform, (c).channel, (c).is_paid, (c).rule FROM classified t
)
SELECT a.*
FROM answer a
LEFT JOIN (SELECT DISTINCT channel FROM analytics.channel_group_rule) named ON replace(lower(named.channel), ' ', '_') = a.platform
LEFT JOIN analytics.platform p USING (platform)
WHERE named.channel <> a.channel
   OR (a.platform = 'direct') <> (a.channel = 'Direct')
   OR (a.platform = 'unknown' AND (a.channel <> 'Unassigned' OR a.source IN ('google', 'fb')))
   OR a.is_paid <> (a.channel LIKE 'Paid %' OR a.channel IN ('Display', 'Cross-network'))
   OR (p.category = 'SOCIAL' OR p.family = 'meta') AND a.channel LIKE '%Search'
LIMIT 10;

-- A list of one's own decides about labels, too.
SELECT analytics.install();
INSERT INTO warehouse.source_host (host, platform, category) VALUES
    ('keep.*', NULL, 'SEARCH'), ('old.*', NULL, NULL), ('tickets.*', 'tickets', 'SHOPPING'), ('ads.reddit.com', 'reddit', 'SOCIAL'),
    ('adnxs.com', NULL, NULL);
SELECT h AS host, c.platform, c.channel, c.is_paid, c.rule
FROM analytics.channel_ruleset() r,
     unnest('{keep.google.com,old.reddit.com,ads.reddit.com,tickets.example.org,fra1-ib.adnxs.com}'::text[]) WITH ORDINALITY h (h, n),
     LATERAL analytics.classify_touch(r, referrer_host => h) c
ORDER BY n;
