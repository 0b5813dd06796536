-- The plan of the sales: how many lines each store sells on each day it is
-- open. It is small for any number of lines (about 110,000 rows), so whatever
-- needs an order or a running total happens here and never over the lines.
-- Weights are integers; percentages are applied one after the other.

-- What a store's format carries: lists per format and month of 2,048 places,
-- each product on as many as its popularity and the season give it, cheap ones
-- first. A product is on sale from the first whole month after its launch to
-- the last whole month before it is discontinued; product 45 is sold out in
-- November 2025.
CREATE TEMP TABLE ranges AS
SELECT f AS format_no, product_id,
       popularity * CASE WHEN f = 3 AND category_id <= 4 THEN 2 ELSE 1 END AS popularity
FROM product_plan, range(1, 6) AS t(f)
WHERE CASE f WHEN 1 THEN true
             WHEN 2 THEN tier < 34 OR product_id = 45 OR popularity = 0
             WHEN 3 THEN category_id <= 4 AND tier < 75 OR tier < 10 OR product_id = 45
             WHEN 4 THEN category_id > 4 AND (tier BETWEEN 40 AND 76 OR product_id = 45)
             ELSE category_id > 2 END;

CREATE TEMP TABLE assortment AS
WITH months AS (
    SELECT m::DATE AS month_start, month_no(m::DATE) AS month_no, month(m) AS m,
           (m + INTERVAL 1 MONTH)::DATE AS next_month
    FROM range(DATE '2021-01-01', DATE '2026-06-01', INTERVAL 1 MONTH) AS t(m)
), weighted AS (
    SELECT format_no, month_no, product_id, list_cents, list_cents * cost_pct AS cost,
           r.popularity * CASE WHEN category_id = 7 AND m BETWEEN 3 AND 8 THEN 200 WHEN category_id = 7 THEN 50
                             WHEN category_id = 15 AND m >= 11 THEN 220 WHEN category_id IN (12, 14) AND m >= 11 THEN 140
                             WHEN category_id = 16 AND m BETWEEN 4 AND 9 THEN 130 ELSE 100 END AS weight
    FROM ranges r JOIN product_plan USING (product_id), months
    WHERE r.popularity > 0 AND launched_on <= month_start AND (discontinued_on IS NULL OR discontinued_on >= next_month)
      AND NOT (product_id = 45 AND month_no = 58)
), placed AS (
    SELECT *, sum(weight) OVER (PARTITION BY format_no, month_no ORDER BY list_cents, product_id)::BIGINT AS upto,
           sum(weight) OVER (PARTITION BY format_no, month_no)::BIGINT AS total
    FROM weighted
)
SELECT format_no, month_no, product_id, list_cents, (cost + 50) // 100 AS cost_cents,
       (upto - weight) * 2048 // total AS first_place, upto * 2048 // total AS next_place
FROM placed;

CREATE TEMP TABLE places AS
SELECT ((format_no * 65 + month_no) * 2048 + unnest(range(first_place, next_place)))::INTEGER AS place,
       month_no::INTEGER AS month_no, product_id, list_cents, cost_cents
FROM assortment;

-- What a line brings on average in a format and month, in cents: the mean list
-- amount over the 2,048 places with the mean quantities of 70_sales.sql. The
-- plan is made in money and divided by it, so that sales do not drift with the
-- mix of products that happens to be on sale.
CREATE TEMP TABLE mixes AS
SELECT format_no, month_no,
       (sum((next_place - first_place) * list_cents
            * CASE WHEN list_cents < 1500 THEN 64 WHEN list_cents < 5000 THEN 40 ELSE 33 END) // 65536)::BIGINT AS line_cents
FROM assortment GROUP BY ALL;

-- size: in per cent of a usual store; growth: per cent a year, drawn; Leipzig
-- Mitte jumps in 2024; the days after which stores 6 and 27 are silent.
CREATE TEMP TABLE store_plan AS
SELECT store_id, region_id, opened_on, closed_on, currency,
       CASE format WHEN 'flagship' THEN 1 WHEN 'standard' THEN 2 WHEN 'express' THEN 3 WHEN 'outlet' THEN 4 ELSE 5 END AS format_no,
       CASE WHEN store_id = 41 THEN 460
            ELSE (CASE format WHEN 'flagship' THEN 280 WHEN 'standard' THEN 110 WHEN 'express' THEN 42 WHEN 'outlet' THEN 84 ELSE 170 END)
                 * (88 + draw_below(store_id, 41, 25)) // 100 END AS size,
       CASE WHEN format = 'online' THEN 9 + draw_below(store_id, 42, 4) WHEN store_id = 41 THEN 5
            WHEN region_id = 4 THEN 4 + draw_below(store_id, 42, 4) ELSE 1 + draw_below(store_id, 42, 9) END AS growth,
       CASE store_id WHEN 6 THEN DATE '2026-03-31' WHEN 27 THEN DATE '2026-03-21' ELSE DATE '2026-05-20' END AS last_day,
       format = 'online' AS online
FROM stores JOIN regions USING (region_id);

CREATE TEMP TABLE day_plan AS
WITH promo AS (
    SELECT date, min(promotion_id) AS promo1, CASE WHEN count(*) > 1 THEN max(promotion_id) END AS promo2
    FROM calendar JOIN promotion_plan ON date BETWEEN starts_on AND ends_on GROUP BY date
)
SELECT date, month_no(date) AS month_no, year(date) AS year, weekday, holiday,
       [88, 86, 93, 97, 100, 97, 95, 92, 98, 102, 116, 132][month(date)]
           * (CASE WHEN month(date) = 12 AND day(date) BETWEEN 6 AND 24 THEN 135 WHEN month(date) = 12 AND day(date) > 26 THEN 80 ELSE 100 END) // 100
           * coalesce(a.lift, 100) // 100 AS season,
       date_diff('day', DATE '2021-01-01', date) AS day_no,
       a.promotion_id AS promo1, a.pct AS pct1, a.share AS share1, a.kind = 'loyalty' AS loyal1,
       b.promotion_id AS promo2, b.pct AS pct2, b.share AS share2, b.kind = 'loyalty' AS loyal2,
       -- what a day is worth to a region as a whole
       CASE WHEN holiday IN ('New Year', 'Christmas Day') THEN 20 WHEN holiday IS NOT NULL THEN 52 ELSE 100 END
           * CASE weekday WHEN 'Monday' THEN 88 WHEN 'Tuesday' THEN 90 WHEN 'Wednesday' THEN 93 WHEN 'Thursday' THEN 98
                          WHEN 'Friday' THEN 116 WHEN 'Saturday' THEN 140 ELSE 58 END // 100 AS region_day,
       sum(coalesce(joined, 0)) OVER (ORDER BY date)::BIGINT // 20 AS customer_blocks
FROM calendar LEFT JOIN (SELECT greatest(joined_on, DATE '2021-01-01') AS date, count(*) AS joined FROM customers GROUP BY ALL) USING (date)
LEFT JOIN promo USING (date)
LEFT JOIN promotion_plan a ON a.promotion_id = promo1 LEFT JOIN promotion_plan b ON b.promotion_id = promo2
WHERE date BETWEEN DATE '2021-01-01' AND DATE '2026-05-20';

-- Physical stores are shut on New Year and Christmas Day.
CREATE TEMP TABLE weights AS
WITH w AS (
    SELECT s.*, d.*,
           size * season * CASE weekday WHEN 'Monday' THEN 86 WHEN 'Tuesday' THEN 88 WHEN 'Wednesday' THEN 92 WHEN 'Thursday' THEN 98
                                        WHEN 'Friday' THEN 118 WHEN 'Saturday' THEN CASE WHEN online THEN 105 ELSE 148 END
                                        ELSE CASE WHEN online THEN 125 ELSE 42 END END // 100
                * CASE WHEN holiday IS NULL OR online THEN 100 ELSE 45 END // 100 AS usual,
           (1000 + growth * 10 * day_no // 365) * CASE WHEN store_id = 25 AND year >= 2024 THEN 145 ELSE 100 END // 100 AS trend,
           least(100, 58 + date_diff('day', opened_on, date) // 4) AS ramp
    FROM store_plan s JOIN day_plan d ON date >= opened_on AND (closed_on IS NULL OR date < closed_on)
    WHERE online OR holiday IS NULL OR holiday NOT IN ('New Year', 'Christmas Day')
), planned AS (
    SELECT w.*, usual * trend // 1000 * ramp // 100 AS planned,
           date > last_day OR EXISTS (FROM store_closures c WHERE c.store_id = w.store_id AND date BETWEEN from_on AND to_on) AS shut
    FROM w
), noisy AS (
    SELECT *, CASE WHEN shut THEN 0 ELSE planned * (80 + draw_below(store_id * 10000 + day_no, 43, 41)) // 100 END AS weight FROM planned
)
-- Switzerland as a whole loses 2 % a year in francs of 2021, however its stores
-- change: what grows there is the franc.
, swiss AS (
    SELECT date, sum(planned) AS planned_sum, sum(weight) AS weight_sum,
           any_value(950 * season * region_day // 100 * (100000 - 2000 * day_no // 365) // 100000) AS target
    FROM noisy WHERE region_id = 5 GROUP BY date
)
SELECT *, (weight * 100000 // line_cents)::BIGINT AS line_weight,
       CASE WHEN region_id = 5 THEN year WHEN region_id = 4 AND month_no IN (38, 49, 50) THEN month_no * 2 + (store_id = 41)::INTEGER END AS kept
FROM (
    SELECT noisy.* REPLACE (
        CASE WHEN region_id = 5 THEN (planned * target // greatest(1, planned_sum))::BIGINT ELSE planned END AS planned,
        CASE WHEN region_id = 5 THEN (weight * target // greatest(1, weight_sum))::BIGINT ELSE weight END AS weight)
    FROM noisy LEFT JOIN swiss USING (date)
) JOIN mixes USING (format_no, month_no);

-- Every open store but the silent ones sells at least one line in the last 44
-- days, however few lines there are; online stores on the last day, one of them
-- on the first. And West sells something in the months it is asked about.
CREATE TEMP TABLE anchors AS
SELECT store_id, date FROM weights
WHERE date > DATE '2026-04-06' AND weight > 0 AND (closed_on IS NULL OR closed_on > DATE '2026-05-20')
QUALIFY row_number() OVER (PARTITION BY store_id ORDER BY online AND date = DATE '2026-05-20' DESC, draw(store_id * 10000 + day_no, 44), date) = 1
UNION ALL SELECT 64, DATE '2021-01-01'
UNION ALL FROM (VALUES (41, DATE '2024-03-15'), (35, DATE '2024-03-13'), (38, DATE '2024-03-20'), (41, DATE '2025-02-14'),
                       (35, DATE '2025-02-12'), (38, DATE '2025-02-20'), (35, DATE '2025-03-12'), (38, DATE '2025-03-20'));

-- Lines per store and day: the rest is dealt out along the running weight, in
-- the order of store and day, so each store gets its share of any period to
-- within a line; in a middling database two at a time, so that there are
-- still orders of several lines. first_line counts by region and format, the
-- order in which products are spread evenly; first_sale by day (sale_id grows
-- with time).
CREATE TEMP TABLE store_days AS
WITH running AS (
    SELECT *, sum(line_weight) OVER (ORDER BY store_id, date)::HUGEINT AS upto, sum(line_weight) OVER ()::HUGEINT AS total,
           {{rows}} - (SELECT count(*) FROM anchors) AS rest
    FROM weights
), dealt AS (
    SELECT r.*, (upto * (rest // {{clump}}) // total - (upto - line_weight) * (rest // {{clump}}) // total)::BIGINT * {{clump}}
                + CASE WHEN a.store_id IS NULL THEN 0 WHEN r.date = DATE '2021-01-01' THEN 1 + rest % {{clump}} ELSE 1 END AS n
    FROM running r LEFT JOIN anchors a ON a.store_id = r.store_id AND a.date = r.date
), numbered AS (
    SELECT *, sum(n) OVER (ORDER BY region_id, format_no, date, store_id)::BIGINT - n AS first_line,
           sum(n) OVER (ORDER BY date, draw(store_id * 10000 + day_no, 45), store_id)::BIGINT - n + 1 AS first_sale
    FROM dealt
)
SELECT store_id, date, numbered.month_no, kept, format_no, online, n, first_line, first_sale, n_rates.currency, rate, base_rate,
       promo1, pct1, share1, loyal1, promo2, pct2, share2, loyal2, customer_blocks,
       CASE region_id WHEN 5 THEN 13 WHEN 6 THEN 16 ELSE 0 END AS home_first,
       CASE WHEN region_id <= 4 THEN 13 ELSE 3 END AS home_count
FROM numbered JOIN (
    SELECT currency, month_no(month_start) AS month_no, (eur_per_unit * 1000000)::BIGINT AS rate,
           first_value((eur_per_unit * 1000000)::BIGINT) OVER (PARTITION BY currency ORDER BY month_start) AS base_rate
    FROM exchange_rates) AS n_rates ON n_rates.currency = numbered.currency AND n_rates.month_no = numbered.month_no
WHERE n > 0
ORDER BY first_sale;
