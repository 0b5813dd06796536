-- How anything is drawn: draw(key, purpose) is a number in 0 .. 2^32-1 made
-- from the seed, the key and the purpose by integer arithmetic alone, so it is
-- the same on every machine, thread count and version of the database. Each
-- round flips bits and keeps the middle of a product: the product carries low
-- bits upwards, the flips keep two draws from differing by a constant. Every
-- input occurs once, so that nested calls stay small. Keys are below 2^32.

CREATE TEMP MACRO round32(x, flip, factor) AS ((xor(x, flip) * factor) >> 16) & 4294967295;

CREATE TEMP MACRO draw(key, purpose) AS
    round32(round32(round32(round32((key::BIGINT * 1640531527 + purpose * 968897 + {{seed_a}}) & 4294967295,
        {{seed_b}}, 2146121005), 2773480762, 1812433253), 3038305845, 1181783497), 1505998421, 2024237689);

-- 0 .. n-1
CREATE TEMP MACRO draw_below(key, purpose, n) AS (draw(key, purpose) * n) >> 32;

-- The k-th point of the golden-ratio sequence, 31 bits: any run of lines has
-- nearly the mix of products it should have, so totals do not wobble.
CREATE TEMP MACRO even31(k) AS (k::BIGINT * 1327217885 + {{seed_a}}) & 2147483647;

CREATE TEMP MACRO month_no(d) AS ((year(d) - 2021) * 12 + month(d) - 1)::INTEGER;

-- Whole cents as an amount, without a division.
CREATE TEMP MACRO amount(cents) AS (cents::DECIMAL(15,0) * 0.01::DECIMAL(3,2))::DECIMAL(14,2);
