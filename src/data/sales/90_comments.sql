-- What tables and columns mean, in the words of SALES.md. Keys are named here as
-- well ("Primary key." "Refers to stores(store_id)."), because a very large
-- database leaves those of sales and returns undeclared.

COMMENT ON TABLE company IS 'The company whose sales these are: its currency, its fiscal year and the days the data covers. One row.';
COMMENT ON COLUMN company.name IS 'Name of the company.';
COMMENT ON COLUMN company.base_currency IS 'Currency of all amounts that do not end in _local.';
COMMENT ON COLUMN company.fiscal_year_start_month IS 'Month in which the fiscal year starts: 2, on the Monday nearest to 1 February.';
COMMENT ON COLUMN company.data_from IS 'First day of the data.';
COMMENT ON COLUMN company.data_to IS 'Last day of the data; "today" in questions.';
COMMENT ON COLUMN company.schema_version IS 'Version of this schema.';
COMMENT ON COLUMN company.seed IS 'Number the data was drawn from.';

COMMENT ON TABLE calendar IS 'Days with their calendar and fiscal year (4-5-4 weeks). One row per day, 2020 to 2026. Weeks start on Monday in both calendars.';
COMMENT ON COLUMN calendar.date IS 'The day. Primary key.';
COMMENT ON COLUMN calendar.year IS 'Calendar year.';
COMMENT ON COLUMN calendar.quarter IS 'Calendar quarter, 1 to 4.';
COMMENT ON COLUMN calendar.month_start IS 'First day of the calendar month.';
COMMENT ON COLUMN calendar.iso_week IS 'ISO week, 1 to 53.';
COMMENT ON COLUMN calendar.week_start IS 'Monday of the week.';
COMMENT ON COLUMN calendar.weekday IS 'English name of the weekday.';
COMMENT ON COLUMN calendar.is_holiday IS 'Whether the day is a holiday.';
COMMENT ON COLUMN calendar.holiday IS 'Name of the holiday, if it is one.';
COMMENT ON COLUMN calendar.fiscal_year IS 'Fiscal year, named after the year it starts in; 2024 has 53 weeks.';
COMMENT ON COLUMN calendar.fiscal_quarter IS 'Fiscal quarter, 1 to 4.';
COMMENT ON COLUMN calendar.fiscal_period IS 'Fiscal period, 1 to 12: 4, 5 and 4 weeks in each quarter.';
COMMENT ON COLUMN calendar.fiscal_week IS 'Week of the fiscal year, 1 to 53.';
COMMENT ON COLUMN calendar.fiscal_week_start IS 'Monday of the fiscal week.';
COMMENT ON COLUMN calendar.same_day_last_year IS 'The same weekday a year before: 364 days earlier.';

COMMENT ON TABLE exchange_rates IS 'Rates at which foreign sales were booked. One row per currency and month; EUR is 1.';
COMMENT ON COLUMN exchange_rates.currency IS 'Currency code. Primary key with month_start.';
COMMENT ON COLUMN exchange_rates.month_start IS 'First day of the month the rate holds for. Primary key with currency.';
COMMENT ON COLUMN exchange_rates.eur_per_unit IS 'EUR for one unit of the currency.';

COMMENT ON TABLE regions IS 'Regions of the company: North, South, East, West, Switzerland, UK. One row per region.';
COMMENT ON COLUMN regions.region_id IS 'Number of the region. Primary key.';
COMMENT ON COLUMN regions.region IS 'Name of the region.';
COMMENT ON COLUMN regions.country IS 'Country of the region.';
COMMENT ON COLUMN regions.currency IS 'Currency its stores sell in.';

COMMENT ON TABLE stores IS 'Stores, physical and online. One row per store. A store is open on a day if opened_on <= day and closed_on is null or later; active if it is also physical and not in store_closures that day. Online stores are left out of store counts.';
COMMENT ON COLUMN stores.store_id IS 'Number of the store. Primary key.';
COMMENT ON COLUMN stores.store_code IS 'Code of the store.';
COMMENT ON COLUMN stores.store IS 'Name of the store.';
COMMENT ON COLUMN stores.region_id IS 'Region of the store. Refers to regions(region_id).';
COMMENT ON COLUMN stores.city IS 'City of the store.';
COMMENT ON COLUMN stores.format IS 'flagship, standard, express, outlet or online; each region has one online store.';
COMMENT ON COLUMN stores.manager IS 'Name of the manager.';
COMMENT ON COLUMN stores.floor_area_m2 IS 'Floor area in square metres; for online stores the warehouse.';
COMMENT ON COLUMN stores.opened_on IS 'First day the store was open.';
COMMENT ON COLUMN stores.closed_on IS 'First day the store was closed for good; null while it is open.';

COMMENT ON TABLE store_closures IS 'Times when a store was shut for a while: refits, storm damage, relocation. One row per store and closure.';
COMMENT ON COLUMN store_closures.store_id IS 'Store that was closed. Primary key with from_on. Refers to stores(store_id).';
COMMENT ON COLUMN store_closures.from_on IS 'First closed day. Primary key with store_id.';
COMMENT ON COLUMN store_closures.to_on IS 'Last closed day.';
COMMENT ON COLUMN store_closures.reason IS 'refit, storm damage or relocation.';

COMMENT ON TABLE categories IS 'Product categories and their departments. One row per category.';
COMMENT ON COLUMN categories.category_id IS 'Number of the category. Primary key.';
COMMENT ON COLUMN categories.category IS 'Name of the category.';
COMMENT ON COLUMN categories.department IS 'Food, Home, Fashion, Electronics or Leisure.';

COMMENT ON TABLE products IS 'Products. One row per product.';
COMMENT ON COLUMN products.product_id IS 'Number of the product. Primary key.';
COMMENT ON COLUMN products.sku IS 'Stock keeping unit: the code of the product.';
COMMENT ON COLUMN products.product IS 'Name of the product.';
COMMENT ON COLUMN products.brand IS 'Brand of the product.';
COMMENT ON COLUMN products.category_id IS 'Category of the product. Refers to categories(category_id).';
COMMENT ON COLUMN products.list_price IS 'Price of one piece in EUR, before discount, without VAT.';
COMMENT ON COLUMN products.unit_cost IS 'Cost of one piece in EUR.';
COMMENT ON COLUMN products.launched_on IS 'Day the product came on sale.';
COMMENT ON COLUMN products.discontinued_on IS 'First day it was no longer on sale; null while it is.';

COMMENT ON TABLE customers IS 'Customers who are known by name. One row per customer; about 30 % of sales are anonymous.';
COMMENT ON COLUMN customers.customer_id IS 'Number of the customer. Primary key.';
COMMENT ON COLUMN customers.customer IS 'Name of the customer.';
COMMENT ON COLUMN customers.segment IS 'Consumer, Family, Student, Senior or Business.';
COMMENT ON COLUMN customers.country IS 'Country the customer lives in.';
COMMENT ON COLUMN customers.joined_on IS 'Day the customer joined.';

COMMENT ON TABLE promotions IS 'Promotions with their discount and dates. One row per promotion.';
COMMENT ON COLUMN promotions.promotion_id IS 'Number of the promotion. Primary key.';
COMMENT ON COLUMN promotions.promotion IS 'Name of the promotion.';
COMMENT ON COLUMN promotions.kind IS 'percentage, bundle, clearance, loyalty or seasonal.';
COMMENT ON COLUMN promotions.discount_pct IS 'Discount in per cent of the list amount.';
COMMENT ON COLUMN promotions.starts_on IS 'First day.';
COMMENT ON COLUMN promotions.ends_on IS 'Last day.';

COMMENT ON TABLE sales IS 'Sales. One row is one receipt line; the lines of an order share store, day, customer and channel. Amounts in EUR, without VAT, before returns.';
COMMENT ON COLUMN sales.sale_id IS 'Number of the receipt line. Primary key.';
COMMENT ON COLUMN sales.order_id IS 'Order (receipt) the line belongs to.';
COMMENT ON COLUMN sales.sold_on IS 'Day of the sale.';
COMMENT ON COLUMN sales.sold_at IS 'Time of the sale.';
COMMENT ON COLUMN sales.store_id IS 'Store that sold it. Refers to stores(store_id).';
COMMENT ON COLUMN sales.channel IS 'store, online or click_collect; online belongs to online stores only, click_collect to the store that hands it over.';
COMMENT ON COLUMN sales.customer_id IS 'Customer; null if anonymous. Refers to customers(customer_id).';
COMMENT ON COLUMN sales.product_id IS 'Product sold. Refers to products(product_id).';
COMMENT ON COLUMN sales.promotion_id IS 'Promotion it was sold with; null if none. Refers to promotions(promotion_id).';
COMMENT ON COLUMN sales.quantity IS 'Pieces.';
COMMENT ON COLUMN sales.list_amount IS 'Amount before discount: gross sales.';
COMMENT ON COLUMN sales.discount_amount IS 'Discount.';
COMMENT ON COLUMN sales.net_amount IS 'Sales, revenue, turnover: after discount, without VAT, before returns. list_amount less discount_amount.';
COMMENT ON COLUMN sales.cost_amount IS 'Cost of the pieces sold.';
COMMENT ON COLUMN sales.currency IS 'Currency of the store''s region.';
COMMENT ON COLUMN sales.net_amount_local IS 'net_amount in the region''s own currency, at the month''s rate.';

COMMENT ON TABLE returns IS 'Returned goods. One row per receipt line that came back, wholly or in part.';
COMMENT ON COLUMN returns.return_id IS 'Number of the return. Primary key.';
COMMENT ON COLUMN returns.sale_id IS 'Receipt line that was returned. Refers to sales(sale_id).';
COMMENT ON COLUMN returns.returned_on IS 'Day of the return.';
COMMENT ON COLUMN returns.quantity IS 'Pieces returned.';
COMMENT ON COLUMN returns.refund_amount IS 'Amount paid back, in EUR.';
COMMENT ON COLUMN returns.reason IS 'damaged, wrong size, changed mind, late or not as described.';

COMMENT ON TABLE targets IS 'Sales targets. One row per store and month; some stores have none. Online stores have targets.';
COMMENT ON COLUMN targets.store_id IS 'Store the target is for. Primary key with month_start. Refers to stores(store_id).';
COMMENT ON COLUMN targets.month_start IS 'First day of the month. Primary key with store_id.';
COMMENT ON COLUMN targets.sales_target IS 'Sales to reach in the whole month, in EUR.';

COMMENT ON TABLE inventory IS 'Stock on hand at month ends and at the last 8 week ends (Sundays). One row per day, store and product; 0 when out of stock. Stock does not add up over time.';
COMMENT ON COLUMN inventory.snapshot_on IS 'Day the stock was counted, at closing time. Primary key with store_id and product_id.';
COMMENT ON COLUMN inventory.store_id IS 'Store that holds it. Primary key with snapshot_on and product_id. Refers to stores(store_id).';
COMMENT ON COLUMN inventory.product_id IS 'Product. Primary key with snapshot_on and store_id. Refers to products(product_id).';
COMMENT ON COLUMN inventory.on_hand IS 'Pieces on hand.';

