-- A copy of the database must not confirm or ship the shop's real orders: no
-- key, no address, no automatic work. The code refuses calls as well while
-- database.is_neutralized is set.
UPDATE esm_account
   SET secret_key = NULL,
       sandbox_url = NULL;
UPDATE esm_shop
   SET auto_collect = false,
       auto_acknowledge = false,
       auto_release = false,
       auto_stock = false;
