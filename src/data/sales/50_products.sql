-- Categories, products, promotions, customers. Names are the same for every
-- seed; prices, popularity and dates are drawn. 16 categories x 10 kinds x 3
-- brands = 480 products.

INSERT INTO categories
SELECT i::INTEGER, ['Bakery', 'Dairy', 'Drinks', 'Snacks', 'Kitchen', 'Furniture', 'Garden', 'Women', 'Men', 'Kids', 'Shoes',
           'Audio', 'Computing', 'Phones', 'Toys', 'Sport'][i],
       CASE WHEN i <= 4 THEN 'Food' WHEN i <= 7 THEN 'Home' WHEN i <= 11 THEN 'Fashion'
            WHEN i <= 14 THEN 'Electronics' ELSE 'Leisure' END
FROM range(1, 17) AS t(i);

-- What the products are drawn from: the lowest and highest list price of a
-- category in cents, its unit cost in per cent of the list price, the code of
-- its SKUs, and its ten kinds from cheap to dear.
CREATE TEMP TABLE kinds AS
SELECT * FROM (VALUES
    (1, 'BAK', 190, 980, 46, ['Rolls', 'Toast', 'Rye Bread', 'Croissants', 'Baguette', 'Bagels', 'Muffins', 'Brownies', 'Fruit Cake', 'Sponge Cake']),
    (2, 'DAI', 120, 890, 58, ['Milk', 'Yoghurt', 'Quark', 'Butter', 'Cream', 'Kefir', 'Mozzarella', 'Gouda', 'Camembert', 'Cheese Board']),
    (3, 'DRI', 110, 2490, 54, ['Mineral Water', 'Lemonade', 'Orange Juice', 'Iced Tea', 'Ginger Ale', 'Black Tea', 'Ground Coffee', 'Espresso Beans', 'Cider', 'Sparkling Wine']),
    (4, 'SNA', 150, 1290, 50, ['Crackers', 'Pretzels', 'Crisps', 'Popcorn', 'Cereal Bars', 'Dark Chocolate', 'Dried Fruit', 'Biscuits', 'Nut Mix', 'Gift Pralines']),
    (5, 'KIT', 990, 17900, 52, ['Storage Jar', 'Chopping Board', 'Knife', 'Baking Tin', 'Kettle', 'Frying Pan', 'Toaster', 'Saucepan Set', 'Blender', 'Food Mixer']),
    (6, 'FUR', 4900, 59900, 57, ['Stool', 'Side Table', 'Floor Lamp', 'Bookcase', 'Office Chair', 'Chest of Drawers', 'Desk', 'Armchair', 'Dining Table', 'Sofa']),
    (7, 'GAR', 790, 24900, 55, ['Flower Pot', 'Trowel', 'Watering Can', 'Hose', 'Plant Stand', 'Pruner', 'Parasol', 'Hammock', 'Garden Bench', 'Grill']),
    (8, 'WOM', 1490, 17900, 44, ['Top', 'Scarf', 'Blouse', 'Skirt', 'Cardigan', 'Leggings', 'Dress', 'Blazer', 'Handbag', 'Winter Coat']),
    (9, 'MEN', 1490, 17900, 45, ['T-Shirt', 'Belt', 'Polo Shirt', 'Shirt', 'Chinos', 'Jumper', 'Jeans', 'Waistcoat', 'Jacket', 'Overcoat']),
    (10, 'KID', 790, 7900, 47, ['Socks', 'Cap', 'Romper', 'Pyjamas', 'Hoodie', 'Dungarees', 'Raincoat', 'School Bag', 'Rain Boots', 'Snowsuit']),
    (11, 'SHO', 2490, 18900, 48, ['Flip-Flops', 'Slippers', 'Espadrilles', 'Plimsolls', 'Loafers', 'Sandals', 'Trainers', 'Brogues', 'Ankle Boots', 'Walking Boots']),
    (12, 'AUD', 1990, 39900, 62, ['Earbuds', 'Clock Radio', 'Headset', 'Bluetooth Speaker', 'Headphones', 'Turntable', 'Soundbar', 'Amplifier', 'Hi-Fi System', 'Studio Monitor']),
    (13, 'COM', 1490, 89900, 68, ['Mouse', 'Keyboard', 'USB Hub', 'Webcam', 'Router', 'Hard Drive', 'Printer', 'Monitor', 'Tablet', 'Laptop']),
    (14, 'PHO', 990, 74900, 70, ['Phone Case', 'Charger', 'Power Bank', 'Car Holder', 'Fitness Band', 'Senior Phone', 'Smartwatch', 'Compact Phone', 'Smartphone', 'Camera Phone']),
    (15, 'TOY', 690, 8900, 49, ['Card Game', 'Puzzle', 'Plush Bear', 'Craft Kit', 'Board Game', 'Doll', 'Building Blocks', 'Toy Kitchen', 'Train Set', 'Science Kit']),
    (16, 'SPO', 990, 29900, 51, ['Water Bottle', 'Skipping Rope', 'Yoga Mat', 'Football', 'Dumbbells', 'Backpack', 'Tennis Racket', 'Sleeping Bag', 'Tent', 'Exercise Bike'])
) AS k(category_id, code, low, high, cost_pct, names);

-- popularity 0: never sold. Tier 0..99 decides which stores carry a product.
CREATE TEMP TABLE product_plan AS
WITH p AS (
    SELECT (v * 16 + category_id)::INTEGER AS product_id, category_id, code, low, high, cost_pct, names[v // 3 + 1] AS kind,
           v // 3 AS step, (category_id * 5 + (v // 3) * 7 + (v % 3) * 8) % 24 AS brand, v
    FROM kinds, range(30) AS t(v)
), dated AS (
    SELECT *, CASE WHEN draw_below(product_id, 21, 100) < 72 OR product_id IN (45, 94, 143, 188, 237, 286, 335)
                   THEN DATE '2016-02-01' + draw_below(product_id, 22, 1700)::INTEGER
                   ELSE DATE '2021-01-15' + draw_below(product_id, 23, 1890)::INTEGER END AS launched_on
    FROM p
)
SELECT product_id, category_id, code || '-' || lpad((v + 1)::VARCHAR, 4, '0') AS sku,
       ['Alder', 'Borealis', 'Cinder', 'Dovetail', 'Ember', 'Fjord', 'Gala', 'Halcyon', 'Iris', 'Juniper', 'Kestrel', 'Lumen',
        'Marlow', 'Nimbus', 'Orchard', 'Petrel', 'Quarry', 'Rowan', 'Saffron', 'Tidewater', 'Umbra', 'Verbena', 'Willow',
        'Zephyr'][brand + 1] AS brand, kind,
       -- a curve from low to high, then to ...9 (food) or ...99 or ...90
       CASE WHEN category_id <= 4 THEN price // 10 * 10 + 9 WHEN price < 20000 THEN price // 100 * 100 + 99
            ELSE price // 1000 * 1000 + 900 END AS list_cents,
       cost_pct + draw_below(product_id, 25, 9)::INTEGER - 4 AS cost_pct, launched_on,
       CASE WHEN product_id = 143 THEN DATE '2024-09-30'
            WHEN product_id NOT IN (45, 94, 188, 237, 286, 335) AND draw_below(product_id, 26, 100) < 16
             AND greatest(launched_on, DATE '2021-06-01') + 200 < DATE '2026-05-10'
            THEN greatest(launched_on, DATE '2021-06-01') + 200 + draw_below(product_id, 27,
                 date_diff('day', greatest(launched_on, DATE '2021-06-01') + 200, DATE '2026-05-10'))::INTEGER END AS discontinued_on,
       CASE WHEN product_id IN (94, 143, 188, 237, 286, 335) THEN 0
            WHEN product_id = 45 THEN 400
            ELSE (CASE WHEN category_id <= 4 THEN 160 WHEN category_id IN (6, 13) THEN 60 ELSE 100 END)
                 * (40 + draw_below(product_id, 28, 121)) // 100 END AS popularity,
       draw_below(product_id, 29, 100) AS tier
FROM (SELECT *, low + (high - low) * (step * step + 2 * step + draw_below(product_id, 24, 18)) // 117 AS price FROM dated);

INSERT INTO products
SELECT product_id, sku, brand || ' ' || kind, brand, category_id, amount(list_cents),
       amount((list_cents * cost_pct + 50) // 100), launched_on, discontinued_on
FROM product_plan ORDER BY product_id;

-- Ten a year with dates that hold their place in the year; the last one runs
-- on the last day of the data. lift: sales on its days in per cent; share: of
-- the lines, in per cent, that are sold with it.
CREATE TEMP TABLE promotion_plan AS
WITH p(n, name, kind, pct, m, d, days, lift, share) AS (VALUES
    (0, 'Winter Clearance', 'clearance', 30, 1, 4, 20, 122, 42), (1, 'Valentine Bundle', 'bundle', 10, 2, 7, 8, 107, 18),
    (2, 'Spring Garden Days', 'seasonal', 15, 3, 24, 18, 111, 22), (3, 'Loyalty Week May', 'loyalty', 10, 5, 16, 8, 108, 25),
    (4, 'Summer Clearance', 'clearance', 25, 7, 1, 24, 118, 40), (5, 'Summer Loyalty Days', 'loyalty', 10, 7, 16, 6, 106, 16),
    (6, 'Back to School', 'percentage', 15, 8, 20, 19, 112, 28), (7, 'Autumn Bundle', 'bundle', 12, 10, 10, 12, 107, 20),
    (8, 'Black Week', 'percentage', 25, 11, 21, 10, 165, 55), (9, 'Christmas Countdown', 'seasonal', 15, 12, 10, 15, 114, 30))
SELECT (y - 2021) * 10 + n + 1 AS promotion_id, name || ' ' || y AS promotion, kind, pct,
       make_date(y, m, d) AS starts_on, make_date(y, m, d) + days - 1 AS ends_on, lift, share
FROM p, range(2021, 2027) AS t(y)
WHERE make_date(y, m, d) <= DATE '2026-05-20';

INSERT INTO promotions
SELECT promotion_id::INTEGER, promotion, kind, pct::DECIMAL(5,2), starts_on, ends_on FROM promotion_plan ORDER BY promotion_id;

-- Customers are numbered in the order in which they joined: 35 % before the
-- data begins. Of twenty in a row 13 live in Germany, 3 in Switzerland, 3 in
-- the United Kingdom, 1 elsewhere.
INSERT INTO customers
SELECT (i + 1)::INTEGER,
       ['Anna', 'Ben', 'Clara', 'Daniel', 'Elena', 'Finn', 'Greta', 'Hugo', 'Ida', 'Jakob', 'Katrin', 'Leon', 'Maria', 'Nils',
        'Olivia', 'Paul', 'Rosa', 'Samuel', 'Thea', 'Vincent', 'Alice', 'Oliver', 'Emily', 'George', 'Luca', 'Sofia', 'Noah',
        'Mia', 'Urs', 'Regula', 'Louis', 'Camille', 'Bram', 'Femke', 'Lukas', 'Johanna', 'Stefan', 'Monika', 'Peter', 'Ruth',
        'Harry', 'Grace', 'Emil', 'Lena', 'Marc', 'Eva', 'Theo', 'Nina', 'Adam', 'Lucy', 'Erik', 'Lina', 'Kurt', 'Vera',
        'Jan', 'Tessa', 'Max', 'Julie', 'Tom', 'Laura', 'Otto', 'Sara', 'Ralf', 'Doris'][who % 64 + 1] || ' ' ||
       ['Keller', 'Bauer', 'Fischer', 'Weber', 'Schmidt', 'Koch', 'Richter', 'Klein', 'Wolf', 'Neumann', 'Schwarz', 'Braun',
        'Zimmer', 'Krause', 'Lehmann', 'Maier', 'Huber', 'Lang', 'Sommer', 'Winter', 'Vogel', 'Berger', 'Frank', 'Roth',
        'Beck', 'Lorenz', 'Baumann', 'Simon', 'Graf', 'Busch', 'Kuhn', 'Pohlmann', 'Arnold', 'Stein', 'Haas', 'Engel',
        'Horn', 'Sauer', 'Ott', 'Seifert', 'Meier', 'Brunner', 'Steiner', 'Frei', 'Gerber', 'Widmer', 'Moser', 'Suter',
        'Smith', 'Jones', 'Taylor', 'Brown', 'Evans', 'Walker', 'Wright', 'Green', 'Hall', 'Wood', 'Clarke', 'Turner',
        'Martin', 'Bernard', 'Petit', 'Moreau', 'Laurent', 'Girard', 'Jansen', 'Visser', 'Bakker', 'Smit', 'Mulder', 'Bos',
        'Gruber', 'Wagner', 'Pichler', 'Egger', 'Fuchs', 'Eder', 'Fiedler', 'Hofer'][who // 64 + 1],
       CASE WHEN s < 45 THEN 'Consumer' WHEN s < 70 THEN 'Family' WHEN s < 80 THEN 'Student' WHEN s < 92 THEN 'Senior' ELSE 'Business' END,
       CASE WHEN i % 20 < 13 THEN 'Germany' WHEN i % 20 < 16 THEN 'Switzerland' WHEN i % 20 < 19 THEN 'United Kingdom'
            ELSE ['Austria', 'France', 'Netherlands'][i // 20 % 3 + 1] END,
       CASE WHEN i * 100 < {{customers}} * 35 THEN DATE '2017-03-01' + (i * 100 * 1400 // ({{customers}} * 35))::INTEGER
            ELSE DATE '2021-01-01' + ((i * 100 - {{customers}} * 35) * 1966 // ({{customers}} * 65))::INTEGER END
FROM (SELECT i, (i * 1663 + draw(0, 31)) % 5120 AS who, draw_below(i, 32, 100) AS s FROM range({{customers}}) AS t(i))
ORDER BY i;
