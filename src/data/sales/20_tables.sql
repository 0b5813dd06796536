-- The schema, as SALES.md has it. Keys on sales and returns are left out above
-- a number of lines (docs/adr/0002-sales-database.md).

CREATE TABLE company (
    name VARCHAR NOT NULL, base_currency VARCHAR NOT NULL, fiscal_year_start_month INTEGER NOT NULL,
    data_from DATE NOT NULL, data_to DATE NOT NULL, schema_version INTEGER NOT NULL, seed BIGINT NOT NULL);

CREATE TABLE calendar (
    date DATE PRIMARY KEY, year INTEGER NOT NULL, quarter INTEGER NOT NULL, month_start DATE NOT NULL,
    iso_week INTEGER NOT NULL, week_start DATE NOT NULL, weekday VARCHAR NOT NULL,
    is_holiday BOOLEAN NOT NULL, holiday VARCHAR,
    fiscal_year INTEGER NOT NULL, fiscal_quarter INTEGER NOT NULL, fiscal_period INTEGER NOT NULL,
    fiscal_week INTEGER NOT NULL, fiscal_week_start DATE NOT NULL, same_day_last_year DATE NOT NULL);

CREATE TABLE exchange_rates (
    currency VARCHAR, month_start DATE, eur_per_unit DECIMAL(12,6) NOT NULL,
    PRIMARY KEY (currency, month_start));

CREATE TABLE regions (
    region_id INTEGER PRIMARY KEY, region VARCHAR NOT NULL, country VARCHAR NOT NULL, currency VARCHAR NOT NULL);

CREATE TABLE stores (
    store_id INTEGER PRIMARY KEY, store_code VARCHAR NOT NULL, store VARCHAR NOT NULL,
    region_id INTEGER NOT NULL REFERENCES regions (region_id), city VARCHAR NOT NULL, format VARCHAR NOT NULL,
    manager VARCHAR NOT NULL, floor_area_m2 INTEGER NOT NULL, opened_on DATE NOT NULL, closed_on DATE);

CREATE TABLE store_closures (
    store_id INTEGER REFERENCES stores (store_id), from_on DATE, to_on DATE NOT NULL, reason VARCHAR NOT NULL,
    PRIMARY KEY (store_id, from_on));

CREATE TABLE categories (
    category_id INTEGER PRIMARY KEY, category VARCHAR NOT NULL, department VARCHAR NOT NULL);

CREATE TABLE products (
    product_id INTEGER PRIMARY KEY, sku VARCHAR NOT NULL, product VARCHAR NOT NULL, brand VARCHAR NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (category_id),
    list_price DECIMAL(14,2) NOT NULL, unit_cost DECIMAL(14,2) NOT NULL,
    launched_on DATE NOT NULL, discontinued_on DATE);

CREATE TABLE customers (
    customer_id INTEGER PRIMARY KEY, customer VARCHAR NOT NULL, segment VARCHAR NOT NULL,
    country VARCHAR NOT NULL, joined_on DATE NOT NULL);

CREATE TABLE promotions (
    promotion_id INTEGER PRIMARY KEY, promotion VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    discount_pct DECIMAL(5,2) NOT NULL, starts_on DATE NOT NULL, ends_on DATE NOT NULL);

CREATE TABLE sales (
    sale_id BIGINT NOT NULL, order_id BIGINT NOT NULL, sold_on DATE NOT NULL, sold_at TIME NOT NULL,
    store_id INTEGER NOT NULL, channel VARCHAR NOT NULL, customer_id INTEGER, product_id INTEGER NOT NULL,
    promotion_id INTEGER, quantity INTEGER NOT NULL,
    list_amount DECIMAL(14,2) NOT NULL, discount_amount DECIMAL(14,2) NOT NULL, net_amount DECIMAL(14,2) NOT NULL,
    cost_amount DECIMAL(14,2) NOT NULL, currency VARCHAR NOT NULL, net_amount_local DECIMAL(14,2) NOT NULL{{sales_keys}});

CREATE TABLE returns (
    return_id BIGINT NOT NULL, sale_id BIGINT NOT NULL, returned_on DATE NOT NULL, quantity INTEGER NOT NULL,
    refund_amount DECIMAL(14,2) NOT NULL, reason VARCHAR NOT NULL{{returns_keys}});

CREATE TABLE targets (
    store_id INTEGER REFERENCES stores (store_id), month_start DATE, sales_target DECIMAL(14,2) NOT NULL,
    PRIMARY KEY (store_id, month_start));

CREATE TABLE inventory (
    snapshot_on DATE, store_id INTEGER REFERENCES stores (store_id),
    product_id INTEGER REFERENCES products (product_id), on_hand INTEGER NOT NULL,
    PRIMARY KEY (snapshot_on, store_id, product_id));
