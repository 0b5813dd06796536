-- What must be true of every sales database, whatever its seed. One query per
-- truth, each returns one boolean; its name is the word after "truth". A number
-- after the name: it is asked only from that many sales lines up.

-- truth number_of_lines
SELECT count(*) = {{rows}} AND count(DISTINCT sale_id) = {{rows}} AND min(sale_id) = 1 AND max(sale_id) = {{rows}} FROM sales;

-- truth data_range
SELECT min(sold_on) >= data_from AND max(sold_on) <= data_to AND data_from = DATE '2021-01-01' AND data_to = DATE '2026-05-20'
       AND (SELECT count(*) FROM company) = 1
FROM sales, company GROUP BY data_from, data_to;

-- truth sells_to_the_last_day
SELECT min(sold_on) = DATE '2021-01-01' AND max(sold_on) = DATE '2026-05-20' FROM sales;

-- truth refits_in_every_year
SELECT count(DISTINCT year(from_on)) = 6 AND bool_and(to_on >= from_on) FROM store_closures WHERE reason = 'refit';

-- truth closures_lie_in_the_life_of_their_store
SELECT bool_and(from_on > opened_on AND (closed_on IS NULL OR to_on < closed_on)) FROM store_closures JOIN stores USING (store_id);

-- truth stores_opened_in_every_year
SELECT count(DISTINCT year(opened_on)) = 6 FROM stores WHERE opened_on >= '2021-01-01' AND opened_on <= '2026-05-20' AND format <> 'online';

-- truth stores_closed_in_every_year
SELECT count(DISTINCT year(closed_on)) = 6 FROM stores WHERE closed_on BETWEEN '2021-01-01' AND '2026-05-20' AND format <> 'online';

-- truth stores_46_active_47_open_6_online
SELECT count(*) FILTER (format <> 'online') = 47 AND count(*) FILTER (format = 'online') = 6 AND count(DISTINCT region_id) FILTER (format = 'online') = 6
       AND count(*) FILTER (format <> 'online' AND store_id NOT IN (SELECT store_id FROM store_closures WHERE DATE '2026-05-20' BETWEEN from_on AND to_on)) = 46
       AND (SELECT count(*) > 60 AND count(DISTINCT store) = count(*) FROM stores)
FROM stores WHERE opened_on <= '2026-05-20' AND (closed_on IS NULL OR closed_on > '2026-05-20');

-- truth two_open_stores_silent_for_45_days
SELECT count(*) = 2 AND bool_and(format <> 'online') FROM stores
WHERE opened_on <= '2026-05-20' AND (closed_on IS NULL OR closed_on > '2026-05-20')
  AND store_id NOT IN (SELECT store_id FROM store_closures WHERE DATE '2026-05-20' BETWEEN from_on AND to_on)
  AND store_id NOT IN (SELECT store_id FROM sales WHERE sold_on > DATE '2026-05-20' - 45);

-- truth every_store_that_was_open_sold_something
SELECT count(*) = 0 FROM stores WHERE (closed_on IS NULL OR closed_on > '2021-12-31') AND store_id NOT IN (SELECT store_id FROM sales);

-- truth out_of_stock_through_november_2025
SELECT count(*) = 1 FROM (
    SELECT product_id FROM inventory WHERE snapshot_on IN ('2025-10-31', '2025-11-30')
    GROUP BY product_id HAVING sum(on_hand) = 0 AND count(DISTINCT snapshot_on) = 2 AND count(*) > 20) AS empty
WHERE (SELECT sum(on_hand) > 0 FROM inventory i WHERE i.product_id = empty.product_id AND snapshot_on = '2025-12-31')
  AND (SELECT sum(on_hand) > 0 FROM inventory i WHERE i.product_id = empty.product_id AND snapshot_on = '2025-09-30')
  AND NOT EXISTS (FROM sales s WHERE s.product_id = empty.product_id AND sold_on BETWEEN '2025-11-01' AND '2025-11-30');

-- truth the_sold_out_product_sells_around_it 20000
SELECT count(DISTINCT date_trunc('month', sold_on)) = 2 FROM sales WHERE product_id = 45 AND (sold_on BETWEEN '2025-10-01' AND '2025-10-31' OR sold_on BETWEEN '2025-12-01' AND '2025-12-31');

-- truth west_falls_in_march_2025
WITH m AS (SELECT date_trunc('month', sold_on)::DATE AS m, sum(net_amount) AS net FROM sales JOIN stores USING (store_id) JOIN regions USING (region_id)
           WHERE region = 'West' GROUP BY 1)
SELECT a.net < b.net AND a.net < c.net FROM m a, m b, m c WHERE a.m = '2025-03-01' AND b.m = '2025-02-01' AND c.m = '2024-03-01';

-- truth the_fall_of_west_is_one_refit 5000
WITH m AS (SELECT store_id, sum(net_amount) FILTER (sold_on BETWEEN '2025-03-01' AND '2025-03-31') AS now,
                  coalesce(sum(net_amount) FILTER (sold_on BETWEEN '2025-02-01' AND '2025-02-28'), 0) - coalesce(now, 0) AS fell_month,
                  coalesce(sum(net_amount) FILTER (sold_on BETWEEN '2024-03-01' AND '2024-03-31'), 0) - coalesce(now, 0) AS fell_year
           FROM sales JOIN stores USING (store_id) JOIN regions USING (region_id) WHERE region = 'West' GROUP BY 1)
SELECT count(*) = 1 AND bool_and(f.fell_month >= 0.8 * t.fell_month AND f.fell_year >= 0.8 * t.fell_year)
FROM (SELECT sum(fell_month) AS fell_month, sum(fell_year) AS fell_year FROM m) AS t, store_closures JOIN m AS f USING (store_id)
WHERE reason = 'refit' AND from_on <= '2025-03-31' AND to_on >= '2025-03-01';

-- truth thirty_per_cent_anonymous
SELECT avg((customer_id IS NULL)::INTEGER) BETWEEN 0.28 AND 0.32 FROM sales;

-- truth products_never_sold
SELECT count(*) >= 6 FROM products p WHERE NOT EXISTS (FROM sales s WHERE s.product_id = p.product_id);

-- truth only_a_few_never_sold 100000
SELECT count(*) BETWEEN 6 AND 30 FROM products p WHERE NOT EXISTS (FROM sales s WHERE s.product_id = p.product_id);

-- truth three_stores_without_targets
SELECT count(*) = 3 AND bool_and(format <> 'online') FROM stores WHERE store_id NOT IN (SELECT store_id FROM targets)
   AND opened_on <= '2026-05-20' AND (closed_on IS NULL OR closed_on > '2026-05-20');

-- truth online_stores_have_targets
SELECT count(*) = 6 * 65 FROM targets JOIN stores USING (store_id) WHERE format = 'online';

-- truth attainment_of_the_company
SELECT bool_and(pct BETWEEN 90 AND 110) FROM (
    SELECT year(month_start), 100 * sum(coalesce(net, 0)) / sum(sales_target) AS pct FROM targets
    LEFT JOIN (SELECT store_id, date_trunc('month', sold_on)::DATE AS month_start, sum(net_amount) AS net FROM sales GROUP BY ALL) USING (store_id, month_start)
    WHERE month_start < '2026-05-01' GROUP BY ALL);

-- truth attainment_of_stores_in_a_year 100000
SELECT avg((pct BETWEEN 80 AND 120)::INTEGER) > 0.8 FROM (
    SELECT store_id, year(month_start) AS y, 100 * sum(coalesce(net, 0)) / sum(sales_target) AS pct FROM targets
    LEFT JOIN (SELECT store_id, date_trunc('month', sold_on)::DATE AS month_start, sum(net_amount) AS net FROM sales GROUP BY ALL) USING (store_id, month_start)
    GROUP BY ALL);

-- truth a_fiscal_year_of_53_weeks
SELECT list(fiscal_year) = [2024] FROM (SELECT fiscal_year FROM calendar GROUP BY fiscal_year HAVING count(DISTINCT fiscal_week) = 53);

-- truth fiscal_calendar_is_4_5_4
SELECT bool_and(n = CASE WHEN fiscal_year = 2024 AND fiscal_period = 12 THEN 5 WHEN fiscal_period % 3 = 2 THEN 5 ELSE 4 END) AND count(*) = 72
FROM (SELECT fiscal_year, fiscal_period, count(DISTINCT fiscal_week) AS n FROM calendar WHERE fiscal_year BETWEEN 2020 AND 2025 GROUP BY ALL);

-- truth calendar_columns
SELECT bool_and(isodow(fiscal_week_start) = 1 AND isodow(week_start) = 1 AND date - week_start BETWEEN 0 AND 6 AND same_day_last_year = date - 364
                AND weekday = dayname(date) AND iso_week = week(date) AND is_holiday = (holiday IS NOT NULL) AND fiscal_quarter = (fiscal_period + 2) // 3)
       AND count(*) = 2557 AND count(*) FILTER (is_holiday) = 42
FROM calendar;

-- truth a_region_grows_only_by_its_currency
WITH g AS (
    SELECT region, year(sold_on) AS y, sum(net_amount) AS net, sum(net_amount_local) AS local
    FROM sales JOIN stores USING (store_id) JOIN regions USING (region_id) WHERE region = 'Switzerland' GROUP BY ALL)
SELECT bool_and(a.net > b.net AND a.local < b.local) AND count(*) = 4 FROM g a JOIN g b ON a.y = b.y + 1 WHERE a.y BETWEEN 2022 AND 2025;

-- truth no_sale_while_closed
SELECT count(*) = 0 FROM sales JOIN stores USING (store_id)
WHERE sold_on < opened_on OR sold_on >= closed_on
   OR EXISTS (FROM store_closures c WHERE c.store_id = sales.store_id AND sold_on BETWEEN from_on AND to_on);

-- truth no_sale_before_launch_or_after_the_end
SELECT count(*) = 0 FROM sales JOIN products USING (product_id) WHERE sold_on < launched_on OR sold_on >= discontinued_on;

-- truth promotions_within_their_dates
SELECT count(*) > 0 AND bool_and(sold_on BETWEEN starts_on AND ends_on) FROM sales JOIN promotions USING (promotion_id);

-- truth discount_is_that_of_the_promotion
SELECT bool_and(CASE WHEN p.promotion_id IS NULL THEN discount_amount = 0 ELSE abs(discount_amount * 100 - list_amount * discount_pct) <= 0.5 END)
FROM sales s LEFT JOIN promotions p USING (promotion_id);

-- truth net_is_list_less_discount
SELECT bool_and(net_amount = list_amount - discount_amount AND net_amount > 0 AND cost_amount > 0 AND quantity > 0) FROM sales;

-- truth amounts_follow_price_and_cost
SELECT bool_and(cost_amount = quantity * unit_cost AND (currency <> 'EUR' OR list_amount = quantity * list_price)) FROM sales JOIN products USING (product_id);

-- truth local_amounts_follow_the_rates
SELECT bool_and(abs(net_amount_local - net_amount / eur_per_unit) < 0.00501 AND r.currency = s.currency)
FROM sales s JOIN stores USING (store_id) JOIN regions r USING (region_id)
JOIN exchange_rates x ON x.currency = s.currency AND month_start = date_trunc('month', sold_on);

-- truth rates_are_complete
SELECT count(*) = 195 AND bool_and(eur_per_unit > 0 AND (currency <> 'EUR' OR eur_per_unit = 1)) FROM exchange_rates;

-- truth an_order_is_one_store_day_customer_channel
SELECT bool_and(n = 1) FROM (SELECT order_id, count(DISTINCT (store_id, sold_on, sold_at, channel, coalesce(customer_id, -1))) AS n FROM sales GROUP BY 1);

-- truth orders_of_several_lines 10001
SELECT count(*) > 0 FROM (SELECT order_id FROM sales GROUP BY order_id HAVING count(*) >= 2);

-- truth channels
SELECT bool_and((channel = 'online') = (format = 'online') AND channel IN ('store', 'online', 'click_collect')) AND count(DISTINCT channel) = 3
FROM sales JOIN stores USING (store_id);

-- truth customers_had_joined
SELECT bool_and(joined_on <= sold_on) FROM sales JOIN customers USING (customer_id);

-- truth returns_follow_their_sale
SELECT bool_and(returned_on > sold_on AND returned_on <= '2026-05-20' AND r.quantity BETWEEN 1 AND s.quantity
                AND refund_amount <= net_amount * r.quantity / s.quantity + 0.000001 AND refund_amount > 0)
       AND count(*) = (SELECT count(DISTINCT sale_id) FROM returns)
FROM returns r JOIN sales s USING (sale_id);

-- truth three_to_six_per_cent_come_back
SELECT (SELECT count(*) FROM returns) / count(*) BETWEEN 0.025 AND 0.06 FROM sales;

-- truth inventory_days
SELECT count(*) = 72 AND bool_and(snapshot_on = last_day(snapshot_on) OR (isodow(snapshot_on) = 7 AND snapshot_on > '2026-03-22'))
FROM (SELECT DISTINCT snapshot_on FROM inventory);

-- truth inventory_of_open_stores_and_products_on_sale
SELECT bool_and(on_hand >= 0 AND snapshot_on >= opened_on AND (closed_on IS NULL OR snapshot_on < closed_on)
                AND snapshot_on >= launched_on AND (discontinued_on IS NULL OR snapshot_on < discontinued_on))
FROM inventory JOIN stores USING (store_id) JOIN products USING (product_id);

-- truth something_is_out_of_stock_now
SELECT count(*) > 0 FROM inventory WHERE on_hand = 0 AND snapshot_on = '2026-05-17';

-- truth values_are_those_of_the_definition
SELECT (SELECT count(DISTINCT brand) = 24 FROM products) AND (SELECT count(*) = 16 AND count(DISTINCT department) = 5 FROM categories)
   AND (SELECT list_sort(list(DISTINCT kind)) = ['bundle', 'clearance', 'loyalty', 'percentage', 'seasonal'] FROM promotions)
   AND (SELECT list_sort(list(DISTINCT reason)) = ['refit', 'relocation', 'storm damage'] FROM store_closures)
   AND (SELECT list_sort(list(DISTINCT segment)) = ['Business', 'Consumer', 'Family', 'Senior', 'Student'] FROM customers)
   AND (SELECT list_sort(list(DISTINCT country)) = ['Austria', 'France', 'Germany', 'Netherlands', 'Switzerland', 'United Kingdom'] FROM customers)
   AND (SELECT list_sort(list(DISTINCT format)) = ['express', 'flagship', 'online', 'outlet', 'standard'] FROM stores)
   AND (SELECT count(DISTINCT product) = count(*) AND count(DISTINCT sku) = count(*) AND count(*) BETWEEN 400 AND 600 FROM products);

-- truth return_reasons 20000
SELECT list_sort(list(DISTINCT reason)) = ['changed mind', 'damaged', 'late', 'not as described', 'wrong size'] FROM returns;

-- truth seasons 20000
SELECT sum(net_amount) FILTER (month(sold_on) = 12) > 1.2 * sum(net_amount) FILTER (month(sold_on) = 10)
   AND sum(net_amount) FILTER (isodow(sold_on) = 6) > 1.2 * sum(net_amount) FILTER (isodow(sold_on) = 2) FROM sales WHERE sold_on < '2026-01-01';

-- truth the_company_grows 100000
SELECT sum(net_amount) FILTER (year(sold_on) = 2025) > 1.04 * sum(net_amount) FILTER (year(sold_on) = 2021) FROM sales;

-- truth leipzig_mitte_grew_fastest_in_2024 100000
SELECT first(store ORDER BY growth DESC) = 'Leipzig Mitte' FROM (
    SELECT store, sum(net_amount) FILTER (year(sold_on) = 2024) / sum(net_amount) FILTER (year(sold_on) = 2023) AS growth
    FROM sales JOIN stores USING (store_id)
    WHERE format <> 'online' AND opened_on <= '2023-01-01' AND (closed_on IS NULL OR closed_on > '2024-12-31') GROUP BY store);

-- truth everything_has_a_comment
SELECT (SELECT count(*) = 14 AND bool_and(length(comment) > 10) FROM duckdb_tables() WHERE database_name = current_database())
   AND (SELECT bool_and(length(comment) > 3) FROM duckdb_columns() WHERE database_name = current_database());
