-- Company, calendar, rates. Fiscal years start on the Monday nearest to
-- 1 February (1 February plus three days, back to a Monday) and have periods of
-- 4, 5, 4 weeks; a 53rd week belongs to period 12. FY2024 has 53 weeks.

INSERT INTO company VALUES ('Nordhaven Retail', 'EUR', 2, '2021-01-01', '2026-05-20', 1, {{seed}});

INSERT INTO calendar
WITH days AS (
    SELECT d::DATE AS date FROM range(DATE '2020-01-01', DATE '2027-01-01', INTERVAL 1 DAY) AS t(d)
), easter(sunday) AS (
    VALUES (DATE '2020-04-12'), (DATE '2021-04-04'), (DATE '2022-04-17'), (DATE '2023-04-09'),
           (DATE '2024-03-31'), (DATE '2025-04-20'), (DATE '2026-04-05')
), holidays AS (
    SELECT sunday - 2 AS date, 'Good Friday' AS holiday FROM easter
    UNION ALL SELECT sunday + 1, 'Easter Monday' FROM easter
    UNION ALL SELECT make_date(y, m, d), h FROM range(2020, 2027) AS t(y),
        (VALUES (1, 1, 'New Year'), (5, 1, 'Labour Day'), (12, 25, 'Christmas Day'), (12, 26, 'Boxing Day')) AS f(m, d, h)
), fiscal AS (
    SELECT y AS fiscal_year, date_trunc('week', make_date(y, 2, 1) + 3)::DATE AS starts_on,
           date_trunc('week', make_date(y + 1, 2, 1) + 3)::DATE AS next_on
    FROM range(2019, 2027) AS t(y)
), weeks AS (
    SELECT date, fiscal_year, date_diff('day', starts_on, date) // 7 AS w
    FROM days JOIN fiscal ON date >= starts_on AND date < next_on
)
SELECT date, year(date), quarter(date), date_trunc('month', date)::DATE, week(date), date_trunc('week', date)::DATE,
       ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'][isodow(date)],
       holiday IS NOT NULL, holiday, fiscal_year, least(w // 13, 3) + 1,
       least(w // 13, 3) * 3 + CASE WHEN w - least(w // 13, 3) * 13 < 4 THEN 1
                                    WHEN w - least(w // 13, 3) * 13 < 9 THEN 2 ELSE 3 END,
       w + 1, date_trunc('week', date)::DATE, date - 364
FROM weeks LEFT JOIN holidays USING (date)
ORDER BY date;

-- The franc gains about 5 % every year; the pound moves around 1.16.
INSERT INTO exchange_rates
WITH months AS (
    SELECT m::DATE AS month_start, month_no(m::DATE) AS i
    FROM range(DATE '2021-01-01', DATE '2026-06-01', INTERVAL 1 MONTH) AS t(m)
), knots(currency, y, micro) AS (
    VALUES ('CHF', 0, 900000), ('CHF', 1, 945000), ('CHF', 2, 993000), ('CHF', 3, 1043000), ('CHF', 4, 1095000),
           ('CHF', 5, 1150000), ('CHF', 6, 1207000),
           ('GBP', 0, 1130000), ('GBP', 1, 1190000), ('GBP', 2, 1140000), ('GBP', 3, 1160000), ('GBP', 4, 1195000),
           ('GBP', 5, 1150000), ('GBP', 6, 1165000)
), drawn AS (
    SELECT a.currency, month_start, a.micro + (b.micro - a.micro) * (i % 12) // 12
           + draw_below(i * 10 + ascii(a.currency), 1, 5001) - 2500 AS micro
    FROM months JOIN knots a ON a.y = i // 12 JOIN knots b ON b.currency = a.currency AND b.y = a.y + 1
    UNION ALL SELECT 'EUR', month_start, 1000000 FROM months
)
SELECT currency, month_start, (micro::DECIMAL(9,0) * 0.000001::DECIMAL(7,6))::DECIMAL(12,6)
FROM drawn ORDER BY currency, month_start;
