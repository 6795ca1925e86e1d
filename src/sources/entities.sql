-- What can be loaded: the entities, and the columns that a source of each can deliver.

CREATE TABLE analytics_internal.entity (
    entity text PRIMARY KEY,
    place int NOT NULL UNIQUE,
    target text NOT NULL,
    key text[] NOT NULL,
    day text,
    stored_day text,
    amount text,
    shared boolean NOT NULL,
    loader text NOT NULL,
    marker text
);
COMMENT ON TABLE analytics_internal.entity IS
'What can be loaded, in the order of loading, and how the loader treats it
target: table of schema warehouse. key: canonical columns that identify a row within its source. day: canonical column that says the day of
a row, kept as stored_day. amount: column whose sum is reconciled with the source. shared: sources list the same things, and the one
registered first has them. loader: function that makes the target''s rows of a stage. marker: function that marks what follows from rows
that changed.';
INSERT INTO analytics_internal.entity VALUES
    ('clients', 1, 'dim_clients', '{client_id}', NULL, NULL, NULL, true, 'load_clients', NULL),
    ('identities', 2, 'source_identities', '{client_id,same_as}', NULL, NULL, NULL, false, 'load_rows', 'mark_identities'),
    ('products', 3, 'dim_products', '{product_id}', NULL, NULL, NULL, true, 'load_rows', NULL),
    ('branches', 4, 'dim_branches', '{branch_id}', NULL, NULL, NULL, true, 'load_rows', NULL),
    ('campaigns', 5, 'source_campaigns', '{campaign_id,platform}', NULL, NULL, NULL, false, 'load_rows', 'mark_campaigns'),
    ('ad_creatives', 6, 'dim_ad_creatives', '{ad_id,platform}', NULL, NULL, NULL, true, 'load_rows', 'mark_campaigns'),
    ('ad_performance', 7, 'fact_campaign_performance_daily', '{date,platform,account_id,campaign_id,ad_group_id,ad_id}',
        'date', 'date', 'spend', false, 'load_rows', 'mark_spend'),
    ('events', 8, 'fact_events', '{event_id}', 'occurred_at', 'event_date', NULL, false, 'load_events', 'mark_events'),
    ('contracts', 9, 'fact_contracts', '{contract_id}', 'signed_at', 'signed_date', 'amount', false, 'load_rows', 'mark_contracts'),
    ('transactions', 10, 'fact_transactions', '{transaction_id}', 'occurred_at', 'transaction_date', 'amount', false, 'load_rows',
        'mark_transactions'),
    ('content', 11, 'fact_content', '{content_id,platform}', NULL, NULL, NULL, true, 'load_rows', 'mark_posts'),
    ('content_metrics', 12, 'fact_content_metrics', '{date,content_id,platform}', 'date', 'date', NULL, false, 'load_rows',
        'mark_readings'),
    ('benchmarks', 13, 'dim_benchmarks', '{platform,industry,metric}', NULL, NULL, NULL, true, 'load_rows', NULL);

CREATE TABLE analytics_internal.entity_column (
    entity text NOT NULL,
    position int NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('key', 'label', 'tag', 'platform', 'text', 'timestamp', 'date', 'number', 'count', 'boolean')),
    must_be_mapped boolean NOT NULL,
    not_null boolean NOT NULL,
    minimum numeric,
    default_value text,
    meaning text NOT NULL,
    maximum numeric,
    PRIMARY KEY (entity, name)
);
COMMENT ON TABLE analytics_internal.entity_column IS
'The canonical columns that a source of each entity can deliver
kind: key is text of at most 256 bytes, label is text cut at 150 characters, tag is a label as URLs write it, platform is a label in its
canonical spelling, count is a whole number. default_value: what an empty value counts as.';
INSERT INTO analytics_internal.entity_column VALUES
    ('clients', 1, 'client_id', 'key', true, true, NULL, NULL, 'the client''s id in the company''s systems'),
    ('clients', 2, 'name', 'label', false, false, NULL, NULL, 'name'),
    ('clients', 3, 'mobile', 'label', false, false, NULL, NULL, 'phone number'),
    ('clients', 4, 'registered_at', 'timestamp', false, false, NULL, NULL, 'when the client was first known'),
    ('clients', 5, 'email', 'text', false, false, NULL, NULL, 'e-mail address'),
    ('identities', 1, 'client_id', 'key', true, true, NULL, NULL, 'an id that is not the client''s only one'),
    ('identities', 2, 'same_as', 'key', true, true, NULL, NULL, 'another id of the same client: of the two the one to keep'),
    ('identities', 3, 'since', 'timestamp', false, false, NULL, NULL,
        'from when: of several for one client_id the latest holds; where absent all do'),
    ('campaigns', 1, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('campaigns', 2, 'campaign_id', 'key', true, true, NULL, NULL, 'the platform''s id of the campaign'),
    ('campaigns', 3, 'campaign_name', 'label', false, false, NULL, NULL, 'name of the campaign'),
    ('campaigns', 4, 'status', 'label', false, false, NULL, NULL, 'status as the platform gives it'),
    ('campaigns', 5, 'daily_budget', 'number', false, false, 0, NULL, 'daily budget in the currency of the account'),
    ('events', 1, 'event_id', 'key', true, true, NULL, NULL, 'unique id of the touch'),
    ('events', 2, 'client_id', 'key', true, true, NULL, NULL, 'who was touched'),
    ('events', 3, 'occurred_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('events', 4, 'source_type', 'label', false, false, NULL, NULL, 'how the CRM calls the origin of the touch'),
    ('events', 5, 'utm_source', 'tag', false, false, NULL, NULL, 'utm_source'),
    ('events', 6, 'utm_medium', 'tag', false, false, NULL, NULL, 'utm_medium'),
    ('events', 7, 'utm_campaign', 'tag', false, false, NULL, NULL, 'utm_campaign'),
    ('events', 8, 'utm_content', 'tag', false, false, NULL, NULL, 'utm_content'),
    ('events', 9, 'utm_term', 'tag', false, false, NULL, NULL, 'utm_term'),
    ('events', 10, 'referrer', 'text', false, false, NULL, NULL, 'URL or host of the referring page'),
    ('events', 11, 'landing_url', 'text', false, false, NULL, NULL,
        'URL of the page reached: utm parameters and click ids are read from it'),
    ('events', 12, 'click_id_name', 'label', false, false, NULL, NULL, 'name of the click id parameter, such as gclid'),
    ('events', 13, 'click_id', 'text', false, false, NULL, NULL, 'value of the click id'),
    ('events', 14, 'platform', 'platform', false, false, NULL, NULL, 'platform, where the source knows it better than the rules do'),
    ('events', 15, 'campaign_id', 'tag', false, false, NULL, NULL, 'id or name of the campaign; utm_campaign where absent'),
    ('events', 16, 'ad_id', 'key', false, false, NULL, NULL, 'the platform''s id of the ad'),
    ('events', 17, 'product_id', 'key', false, false, NULL, NULL, 'product asked for'),
    ('events', 18, 'branch_id', 'key', false, false, NULL, NULL, 'branch asked'),
    ('events', 19, 'is_lead', 'boolean', false, false, NULL, NULL, 'true where the event is a lead; unmapped: a client''s first event is'),
    ('events', 20, 'conversion_type', 'label', false, false, NULL, NULL, 'what the event achieves, such as signup; empty of most'),
    ('events', 21, 'conversion_value', 'number', false, false, NULL, NULL, 'what that is worth'),
    ('contracts', 1, 'contract_id', 'key', true, true, NULL, NULL, 'unique id of the contract'),
    ('contracts', 2, 'client_id', 'key', true, true, NULL, NULL, 'who signed'),
    ('contracts', 3, 'signed_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('contracts', 4, 'amount', 'number', false, false, NULL, '0',
        'value of the contract, negative for a refund; 0 where unmapped or empty'),
    ('contracts', 5, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('contracts', 6, 'event_id', 'key', false, false, NULL, NULL, 'the event by which the contract was signed'),
    ('contracts', 7, 'product_id', 'key', false, false, NULL, NULL, 'product sold'),
    ('contracts', 8, 'branch_id', 'key', false, false, NULL, NULL, 'branch that sold'),
    ('contracts', 9, 'original_amount', 'number', false, false, NULL, NULL, 'the amount before it was converted'),
    ('contracts', 10, 'original_currency', 'label', false, false, NULL, NULL, 'ISO code of that amount'),
    ('ad_performance', 1, 'date', 'date', true, true, NULL, NULL, 'day in the account''s time zone'),
    ('ad_performance', 2, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('ad_performance', 3, 'account_id', 'key', false, false, NULL, '', 'advertising account'),
    ('ad_performance', 4, 'campaign_id', 'key', false, false, NULL, '', 'the platform''s id of the campaign'),
    ('ad_performance', 5, 'campaign_name', 'label', false, false, NULL, NULL, 'name of the campaign'),
    ('ad_performance', 6, 'ad_group_id', 'key', false, false, NULL, '', 'ad group or ad set, for rows of that grain or finer'),
    ('ad_performance', 7, 'ad_id', 'key', false, false, NULL, '', 'ad, for rows of that grain'),
    ('ad_performance', 8, 'impressions', 'count', false, false, 0, '0', 'impressions'),
    ('ad_performance', 9, 'clicks', 'count', false, false, 0, '0', 'clicks'),
    ('ad_performance', 10, 'link_clicks', 'count', false, false, 0, NULL, 'link clicks, where the platform counts them apart'),
    ('ad_performance', 11, 'spend', 'number', true, false, 0, '0', 'money spent'),
    ('ad_performance', 12, 'platform_conversions', 'number', false, false, 0, NULL, 'conversions that the platform claims for itself'),
    ('ad_performance', 14, 'conversions_value', 'number', false, false, NULL, NULL, 'value of these conversions, as the platform gives it'),
    ('ad_performance', 13, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('ad_performance', 15, 'original_spend', 'number', false, false, 0, NULL, 'spend before it was converted'),
    ('ad_performance', 16, 'original_conversions_value', 'number', false, false, NULL, NULL,
        'conversions_value before it was converted'),
    ('ad_performance', 17, 'original_currency', 'label', false, false, NULL, NULL, 'ISO code of these amounts'),
    ('products', 1, 'product_id', 'key', true, true, NULL, NULL, 'unique id of the product'),
    ('products', 2, 'name', 'text', false, false, NULL, NULL, 'name'),
    ('products', 3, 'category', 'label', false, false, NULL, NULL, 'category'),
    ('branches', 1, 'branch_id', 'key', true, true, NULL, NULL, 'unique id of the branch'),
    ('branches', 2, 'name', 'text', false, false, NULL, NULL, 'name'),
    ('branches', 3, 'city', 'label', false, false, NULL, NULL, 'city'),
    ('ad_creatives', 1, 'platform', 'platform', true, true, NULL, NULL, 'advertising platform'),
    ('ad_creatives', 2, 'ad_id', 'key', true, true, NULL, NULL, 'the platform''s id of the ad'),
    ('ad_creatives', 3, 'ad_name', 'label', false, false, NULL, NULL, 'name of the ad'),
    ('ad_creatives', 4, 'ad_group_id', 'key', false, false, NULL, NULL, 'ad group or ad set'),
    ('ad_creatives', 5, 'ad_group_name', 'label', false, false, NULL, NULL, 'name of the ad group or ad set'),
    ('ad_creatives', 6, 'campaign_id', 'key', false, false, NULL, NULL, 'the platform''s id of the campaign'),
    ('ad_creatives', 7, 'creative_id', 'key', false, false, NULL, NULL, 'the platform''s id of the creative'),
    ('ad_creatives', 8, 'title', 'text', false, false, NULL, NULL, 'headline'),
    ('ad_creatives', 9, 'body', 'text', false, false, NULL, NULL, 'text'),
    ('ad_creatives', 10, 'image_url', 'text', false, false, NULL, NULL, 'URL of the picture'),
    ('ad_creatives', 11, 'link_url', 'text', false, false, NULL, NULL, 'URL that the ad leads to'),
    ('transactions', 1, 'transaction_id', 'key', true, true, NULL, NULL, 'unique id of the transaction'),
    ('transactions', 2, 'client_id', 'key', true, true, NULL, NULL, 'who paid'),
    ('transactions', 3, 'occurred_at', 'timestamp', true, true, NULL, NULL, 'when'),
    ('transactions', 4, 'amount', 'number', true, false, NULL, '0', 'money received; negative for a refund'),
    ('transactions', 5, 'quantity', 'number', false, false, NULL, NULL, 'how many were sold'),
    ('transactions', 6, 'profit', 'number', false, false, NULL, NULL, 'profit'),
    ('transactions', 7, 'product_id', 'key', false, false, NULL, NULL, 'product sold'),
    ('transactions', 8, 'currency', 'label', false, false, NULL, NULL, 'ISO code; the currency of the business where absent'),
    ('transactions', 9, 'order_id', 'key', false, false, NULL, NULL,
        'what the lines of one purchase share; where absent each row is a purchase'),
    ('transactions', 10, 'original_amount', 'number', false, false, NULL, NULL, 'the amount before it was converted'),
    ('transactions', 11, 'original_profit', 'number', false, false, NULL, NULL, 'profit before it was converted'),
    ('transactions', 12, 'original_currency', 'label', false, false, NULL, NULL, 'ISO code of these amounts'),
    ('content', 1, 'content_id', 'key', true, true, NULL, NULL, 'the platform''s id of the post, video or page'),
    ('content', 2, 'platform', 'platform', true, true, NULL, NULL, 'where it was published'),
    ('content', 3, 'content_type', 'label', false, false, NULL, NULL, 'post, video, story, article ...'),
    ('content', 4, 'published_at', 'timestamp', false, false, NULL, NULL, 'when'),
    ('content', 5, 'title', 'text', false, false, NULL, NULL, 'title or first words'),
    ('content', 6, 'author', 'label', false, false, NULL, NULL, 'who published it'),
    ('content', 7, 'hashtags', 'text', false, false, NULL, NULL, 'hashtags, as the source spells them'),
    ('content_metrics', 1, 'content_id', 'key', true, true, NULL, NULL, 'the platform''s id of the post, video or page'),
    ('content_metrics', 2, 'platform', 'platform', true, true, NULL, NULL, 'where it was published'),
    ('content_metrics', 3, 'date', 'date', true, true, NULL, NULL, 'day'),
    ('content_metrics', 4, 'views', 'count', false, false, 0, NULL, 'views or impressions'),
    ('content_metrics', 5, 'likes', 'count', false, false, 0, NULL, 'likes and other reactions'),
    ('content_metrics', 6, 'shares', 'count', false, false, 0, NULL, 'shares'),
    ('content_metrics', 7, 'comments', 'count', false, false, 0, NULL, 'comments'),
    ('content_metrics', 8, 'clicks', 'count', false, false, 0, NULL, 'clicks'),
    ('content_metrics', 9, 'reach', 'count', false, false, 0, NULL, 'people reached'),
    ('benchmarks', 1, 'platform', 'platform', true, true, NULL, NULL, 'where the posts are published'),
    ('benchmarks', 2, 'industry', 'label', false, false, NULL, '', 'whose figures these are; empty for all industries'),
    ('benchmarks', 3, 'metric', 'label', true, true, NULL, NULL, 'what is compared: see content_benchmark()');
INSERT INTO analytics_internal.entity_column VALUES
    ('content', 8, 'sentiment', 'number', false, false, -1, NULL, 'how people take it, from -1 to 1, by whatever rates that', 1);
INSERT INTO analytics_internal.entity_column
    SELECT 'benchmarks', 3 + q.place, 'p' || q.percent, 'number', false, false, NULL, NULL,
        format('what %s %% of the others do not exceed', q.percent)
    FROM unnest('{5,10,20,25,50,75,80,90,95}'::int[]) WITH ORDINALITY q (percent, place);
INSERT INTO analytics_internal.entity_column
    SELECT entity, 99, 'updated_at', 'timestamp', false, false, NULL, NULL,
        'when the row last changed: of rows with one id the newest is kept'
    FROM analytics_internal.entity;

CREATE VIEW analytics.entity WITH (security_invoker = true) AS
    SELECT e.*
    FROM analytics_internal.entity e;

CREATE VIEW analytics.entity_column WITH (security_invoker = true) AS
    SELECT c.*
    FROM analytics_internal.entity_column c;
