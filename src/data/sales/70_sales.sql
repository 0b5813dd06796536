-- Sales and returns of the months {{month_from}} to {{month_to}} (0 is January
-- 2021). Everything about a line follows from its number and its place in the
-- plan; nothing here needs another line.
--
-- Orders: the lines of a store and day come in blocks of twelve, cut by one of
-- eight patterns. A pattern holds twelve octal digits, lowest first: how many
-- lines back the order began. An order bears the number of its first line.

INSERT INTO sales
WITH lines AS (
    SELECT d.* EXCLUDE (first_line, first_sale, n), unnest(range(n)) AS i, first_sale, first_line
    FROM store_days d WHERE month_no BETWEEN {{month_from}} AND {{month_to}}
), numbered AS (
    SELECT *, first_sale + i AS sale_id, first_line + i AS line,
           -- sizes 3 1 2 1 4 1; 2 3 1 1 1 4; 1 4 2 1 3 1; 4 1 1 3 2 1; 2 1 5 1 2 1; 1 2 1 3 1 4; 3 2 1 1 1 4; 1 1 2 6 1 1
           [3506471048, 28051513864, 2281976896, 1109395080, 1082986504, 28052062272, 28051509384, 745046528]
           [draw_below(first_sale + i // 12 * 12, 51, 8) + 1] AS pattern
    FROM lines
), ordered AS (
    SELECT *, sale_id - ((pattern >> (3 * (i % 12))) & 7) AS order_id FROM numbered
), drawn AS (
    SELECT *, draw(order_id, 52) AS a, draw(order_id, 53) AS b, draw(order_id, 54) AS c, draw(sale_id, 55) AS d,
           ((even31(xor(line, draw(line >> 3, 56) & 7)) + draw_below(line, 57, 8000000)) & 2147483647) >> 20 AS slot
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
      AND places.month_no BETWEEN {{month_from}} AND {{month_to}}
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
SELECT sale_id, order_id, date,
       TIME '00:00:00' + to_seconds(CASE WHEN online THEN 21600 + (((c & 65535) + (c >> 16)) * 64700 >> 17)
                                         ELSE 32400 + (((c & 65535) + (c >> 16)) * 39600 >> 17) END),
       store_id, CASE WHEN online THEN 'online' WHEN ((a >> 8) & 1023) < 60 + month_no * 2 THEN 'click_collect' ELSE 'store' END,
       customer::INTEGER, product_id, CASE promo WHEN 1 THEN promo1 WHEN 2 THEN promo2 END::INTEGER, quantity,
       amount(list_total), amount(discount), amount(list_total - discount), amount(quantity * cost_cents),
       currency, amount(((list_total - discount) * 1000000 + rate // 2) // rate)
FROM priced;

-- About one line in twenty comes back within four weeks; shoes and clothes more
-- often. What would come back after the data's end is not yet there.
INSERT INTO returns
WITH base AS (SELECT coalesce(max(return_id), 0) AS n FROM returns), picked AS (
    SELECT sale_id, sold_on + 1 + ((draw(sale_id, 62) & 65535) * 28 >> 16)::INTEGER AS returned_on,
           CASE WHEN quantity > 1 AND draw(sale_id, 63) & 3 > 0 THEN 1 ELSE quantity END AS returned, quantity,
           (net_amount * 100)::BIGINT AS net, category_id, draw_below(sale_id, 64, 100) AS luck
    FROM sales JOIN products USING (product_id)
    WHERE sold_on BETWEEN '{{date_from}}' AND '{{date_to}}'
      AND draw_below(sale_id, 61, 1000) < CASE WHEN category_id <= 4 THEN 12 WHEN category_id BETWEEN 8 AND 11 THEN 85
                                               WHEN category_id BETWEEN 12 AND 14 THEN 56 ELSE 42 END
)
SELECT n + row_number() OVER (ORDER BY sale_id), sale_id, returned_on, returned, amount(net * returned // quantity),
       CASE WHEN category_id BETWEEN 8 AND 11 AND luck < 45 THEN 'wrong size' WHEN luck < 25 THEN 'damaged'
            WHEN luck < 62 THEN 'changed mind' WHEN luck < 80 THEN 'not as described' ELSE 'late' END
FROM picked, base WHERE returned_on <= DATE '2026-05-20';
