-- Targets and inventory, from the same plan as the sales.

-- What the plan expects of a month, without closures that were not foreseen, at
-- what a unit of the plan brought in that currency, 12 %
-- to either side. Whole months of being open only; stores 9, 33 and 63 were
-- never given targets. May 2026 is planned whole.
INSERT INTO targets
WITH planned AS (
    SELECT store_id, month_no, currency, sum(planned)::BIGINT AS planned, sum(weight)::BIGINT AS weight
    FROM weights
    WHERE opened_on <= make_date(year, month(date), 1)
      AND (closed_on IS NULL OR closed_on >= (date_trunc('month', date) + INTERVAL 1 MONTH)::DATE)
      AND store_id NOT IN (9, 33, 63)
    GROUP BY ALL
), sold AS (
    SELECT store_id, month_no(sold_on) AS month_no, (sum(net_amount) * 100)::BIGINT AS cents FROM sales GROUP BY ALL
), brought AS (
    SELECT *, coalesce(cents, 0) AS got FROM planned LEFT JOIN sold USING (store_id, month_no)
), rated AS (
    SELECT *, sum(got) OVER (PARTITION BY currency, month_no)::HUGEINT AS near_got,
           sum(weight) OVER (PARTITION BY currency, month_no)::HUGEINT AS near_weight,
           sum(got) OVER (PARTITION BY month_no // 12)::HUGEINT AS all_got,
           sum(weight) OVER (PARTITION BY month_no // 12)::HUGEINT AS all_weight
    FROM brought
), expected AS (
    SELECT store_id, month_no, (CASE WHEN near_got > 0 THEN planned * near_got // near_weight ELSE planned * all_got // all_weight END
           * (88 + draw_below(store_id * 100 + month_no, 71, 25)) * CASE WHEN month_no = 64 THEN 31 ELSE 20 END // 2000)::BIGINT AS cents
    FROM rated
)
SELECT store_id, (DATE '2021-01-01' + to_months(month_no))::DATE,
       amount(CASE WHEN cents >= 500000 THEN cents // 5000 * 5000 ELSE greatest(1000, cents // 100 * 100) END)
FROM expected ORDER BY store_id, month_no;

-- About six weeks of what the store usually sells of the product; one place in
-- twenty-five is empty. Product 45 was nowhere to be had in November 2025.
INSERT INTO inventory
WITH snapshots AS (
    SELECT (m + INTERVAL 1 MONTH)::DATE - 1 AS snapshot_on FROM range(DATE '2021-01-01', DATE '2026-05-01', INTERVAL 1 MONTH) AS t(m)
    UNION SELECT DATE '2026-05-17' - 7 * i::INTEGER FROM range(8) AS t(i)
), usual AS (
    SELECT store_id, month_no, sum(n)::BIGINT AS n FROM store_days GROUP BY ALL
), carried AS (
    SELECT snapshot_on, s.store_id, r.product_id, p.list_cents, coalesce(u.n * (a.next_place - a.first_place), 0) AS expected,
           draw((date_diff('day', DATE '2021-01-01', snapshot_on) * 70 + s.store_id) * 480 + r.product_id, 81) AS luck
    FROM snapshots
    JOIN store_plan s ON s.opened_on <= snapshot_on AND (s.closed_on IS NULL OR s.closed_on > snapshot_on)
    JOIN ranges r ON r.format_no = s.format_no
    JOIN product_plan p ON p.product_id = r.product_id AND p.launched_on <= snapshot_on
         AND (p.discontinued_on IS NULL OR p.discontinued_on > snapshot_on)
    LEFT JOIN usual u ON u.store_id = s.store_id AND u.month_no = month_no(snapshot_on)
    LEFT JOIN assortment a ON a.format_no = s.format_no AND a.month_no = month_no(snapshot_on) AND a.product_id = r.product_id
)
SELECT snapshot_on, store_id, product_id,
       CASE WHEN product_id = 45 AND snapshot_on IN (DATE '2025-10-31', DATE '2025-11-30') THEN 0
            WHEN (luck & 255) < 10 THEN 0
            ELSE greatest(1, greatest(4, expected * CASE WHEN list_cents < 1500 THEN 3 ELSE 2 END // 2048)
                             * (40 + ((luck >> 8) * 121 >> 24)) // 100) END::INTEGER
FROM carried ORDER BY snapshot_on, store_id, product_id;
