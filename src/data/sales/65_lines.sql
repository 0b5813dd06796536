-- From the plan to the lines. Everything about a line follows from its number
-- and its place in the plan; nothing here needs another line.
--
-- Orders: the lines of a store and day come in blocks of twelve, cut by one of
-- eight patterns. A pattern holds twelve octal digits, lowest first: how many
-- lines back the order began. An order bears the number of its first line.

-- What is promised of a few sums (the Swiss years; March 2025 in the West and
-- the months it is compared with) would be lost in the noise of a small
-- database. So their lines are first made in several variants, which differ in
-- where the sequence of products starts; the one nearest to the plan is kept.
CREATE TEMP TABLE dealt_days AS
SELECT store_days.*, v::BIGINT AS variant, (v * (2147483648 // greatest(1, {{variants}})))::BIGINT AS shift
FROM store_days, range({{variants}}) AS t(v) WHERE kept IS NOT NULL;

CREATE TEMP VIEW lines AS
WITH lines AS (
    SELECT d.* EXCLUDE (first_line, first_sale, n), unnest(range(n)) AS i, first_sale, first_line
    FROM dealt_days d
), numbered AS (
    SELECT *, first_sale + i AS sale_id, first_line + i AS line,
           -- order sizes 3 1 2 1 4 1; 2 3 1 1 1 4; 1 4 2 1 3 1; 4 1 1 3 2 1; 2 1 5 1 2 1; 1 2 1 3 1 4; 3 2 1 1 1 4; 1 1 2 6 1 1
           [3506471048, 28051513864, 2281976896, 1109395080, 1082986504, 28052062272, 28051509384, 745046528]
           [draw_below(first_sale + i // 12 * 12, 51, 8) + 1] AS pattern
    FROM lines
), ordered AS (
    SELECT *, sale_id - ((pattern >> (3 * (i % 12))) & 7) AS order_id FROM numbered
), drawn AS (
    SELECT *, draw(order_id, 52) AS a, draw(order_id, 53) AS b, draw(order_id, 54) AS c, draw(sale_id, 55) AS d,
           ((even31(xor(line, draw(line >> 3, 56) & 7)) + draw_below(line, 57, 8000000) + shift) & 2147483647) >> 20 AS slot
    FROM ordered
), bought AS (
    SELECT drawn.*, product_id, list_cents, cost_cents,
           CASE WHEN (order_id + draw_below(order_id // 10, 58, 10)) % 10 < 3 THEN NULL
                ELSE CASE WHEN a & 1 = 0 THEN (b * customer_blocks) >> 32
                          ELSE customer_blocks - 1 - ((b * (customer_blocks * 3 // 10)) >> 32) END * 20
                     + CASE WHEN (a >> 1) & 15 = 0 THEN 19 ELSE home_first + (((a >> 8) * home_count) >> 24) END + 1
           END AS customer,
           CASE WHEN list_cents < 1500 THEN [1, 1, 1, 2, 2, 2, 3, 4][(d & 7) + 1]
                WHEN list_cents < 5000 THEN [1, 1, 1, 1, 1, 1, 2, 2][(d & 7) + 1]
                ELSE CASE WHEN (d & 31) = 0 THEN 2 ELSE 1 END END AS quantity,
           ((line * 889516853 & 2147483647) * 100) >> 31 AS luck
    FROM drawn JOIN places ON place = (format_no * 65 + drawn.month_no) * 2048 + slot
), promoted AS (
    SELECT *, CASE WHEN promo1 IS NOT NULL AND luck < share1 AND NOT (loyal1 AND customer IS NULL) THEN 1
                   WHEN promo2 IS NOT NULL AND luck >= 100 - share2 AND NOT (loyal2 AND customer IS NULL) THEN 2
                   ELSE 0 END AS promo,
           (quantity * list_cents * rate + base_rate // 2) // base_rate AS list_total
    FROM bought
), priced AS (
    SELECT *, CASE promo WHEN 1 THEN (list_total * pct1 + 50) // 100 WHEN 2 THEN (list_total * pct2 + 50) // 100 ELSE 0 END AS discount
    FROM promoted
)
SELECT month_no, kept, variant, sale_id, order_id, date AS sold_on,
       TIME '00:00:00' + to_seconds(CASE WHEN online THEN 21600 + (((c & 65535) + (c >> 16)) * 64700 >> 17)
                                         ELSE 32400 + (((c & 65535) + (c >> 16)) * 39600 >> 17) END) AS sold_at,
       store_id, CASE WHEN online THEN 'online' WHEN ((a >> 8) & 1023) < 60 + month_no * 2 THEN 'click_collect' ELSE 'store' END AS channel,
       customer::INTEGER AS customer_id, product_id,
       CASE promo WHEN 1 THEN promo1 WHEN 2 THEN promo2 END::INTEGER AS promotion_id, quantity,
       amount(list_total) AS list_amount, amount(discount) AS discount_amount, amount(list_total - discount) AS net_amount,
       amount(quantity * cost_cents) AS cost_amount,
       currency, amount(((list_total - discount) * 1000000 + rate // 2) // rate) AS net_amount_local
FROM priced;

CREATE TEMP TABLE kept_shift AS
WITH planned AS (
    SELECT kept, sum(weight::HUGEINT * (rate * 1000 // base_rate)) * 97 AS value
    FROM weights JOIN (
        SELECT currency, month_no(month_start) AS month_no, (eur_per_unit * 1000000)::BIGINT AS rate,
               first_value((eur_per_unit * 1000000)::BIGINT) OVER (PARTITION BY currency ORDER BY month_start) AS base_rate
        FROM exchange_rates) USING (currency, month_no)
    WHERE kept IS NOT NULL GROUP BY kept
), tried AS (
    SELECT kept, variant, (sum(net_amount) * 100)::HUGEINT AS cents FROM lines GROUP BY kept, variant
), missed AS (
    SELECT kept, variant, abs(cents - value * {{rows}} // (SELECT sum(line_weight)::HUGEINT FROM weights)) AS miss
    FROM tried JOIN planned USING (kept)
)
SELECT kept, variant * (2147483648 // greatest(1, {{variants}})) AS shift
FROM missed QUALIFY row_number() OVER (PARTITION BY kept ORDER BY miss, variant) = 1;

DROP TABLE dealt_days;

CREATE TEMP TABLE dealt_days AS
SELECT store_days.*, 0::BIGINT AS variant, coalesce(shift, 0)::BIGINT AS shift
FROM store_days LEFT JOIN kept_shift USING (kept) ORDER BY first_sale;
