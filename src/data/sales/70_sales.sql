-- Sales and returns of the months {{month_from}} to {{month_to}} (0 is January
-- 2021).

INSERT INTO sales
SELECT * EXCLUDE (month_no, kept, variant) FROM lines WHERE month_no BETWEEN {{month_from}} AND {{month_to}};

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
