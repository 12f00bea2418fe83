-- description: One row per asset that is loaded by default, with the reason. Edit this list to load others:
--   it is printed with every ranking, since "largest" means largest among these.
-- grain: asset
-- column: asset | text | Upper-case id
-- column: name | text | Name of the coin
-- column: asset_group | text | major, large or meme
-- column: loaded_since | date | From when on it is asked for
-- column: loaded_until | date | Last UTC day on which its figures are expected (delisted); null while it
--   trades
-- column: reason | text | Why it is in the list
-- assert: group_is_known | asset_group in ('major', 'large', 'meme')
-- assert: loaded_until_follows_since | loaded_until is null or loaded_until >= loaded_since
with universe (asset, name, asset_group, loaded_since, loaded_until, reason) as (
    values
        ('BTC', 'Bitcoin', 'major', date '2020-01-01', null::date, 'largest open interest of all perpetuals'),
        ('ETH', 'Ether', 'major', date '2020-01-01', null, 'second largest open interest'),
        ('SOL', 'Solana', 'large', date '2020-01-01', null, 'third by open interest since 2023'),
        ('XRP', 'XRP', 'large', date '2020-01-01', null, 'among the five most liquidated in every year'),
        ('DOGE', 'Dogecoin', 'meme', date '2020-01-01', null, 'led the altcoin liquidations of spring 2021'),
        ('BNB', 'BNB', 'large', date '2020-01-01', null, 'coin of the largest venue'),
        ('ADA', 'Cardano', 'large', date '2020-01-01', null, 'deep perpetual markets since 2020'),
        ('LTC', 'Litecoin', 'large', date '2020-01-01', null, 'perpetuals on every venue since 2020'),
        ('LINK', 'Chainlink', 'large', date '2020-01-01', null, 'perpetuals on every venue since 2020'),
        ('AVAX', 'Avalanche', 'large', date '2020-01-01', null, 'large open interest since 2021'),
        ('DOT', 'Polkadot', 'large', date '2020-01-01', null, 'large open interest in 2021'),
        ('BCH', 'Bitcoin Cash', 'large', date '2020-01-01', null, 'one of the few deep markets of 2020'),
        ('TRX', 'TRON', 'large', date '2020-01-01', null, 'perpetuals on every venue since 2020'),
        ('UNI', 'Uniswap', 'large', date '2020-01-01', null, 'largest token of a decentralised exchange'),
        ('NEAR', 'NEAR Protocol', 'large', date '2020-01-01', null, 'large open interest since 2022'),
        ('SUI', 'Sui', 'large', date '2020-01-01', null, 'among the ten most liquidated since 2024'),
        ('APT', 'Aptos', 'large', date '2020-01-01', null, 'large open interest since 2023'),
        ('ARB', 'Arbitrum', 'large', date '2020-01-01', null, 'large open interest since 2023'),
        ('OP', 'Optimism', 'large', date '2020-01-01', null, 'large open interest since 2023'),
        ('FIL', 'Filecoin', 'large', date '2020-01-01', null, 'large liquidations in 2021'),
        ('ETC', 'Ethereum Classic', 'large', date '2020-01-01', null, 'large liquidations in May 2021'),
        ('PEPE', 'Pepe', 'meme', date '2020-01-01', null, 'most traded meme coin after DOGE since 2023'),
        ('WIF', 'dogwifhat', 'meme', date '2020-01-01', null, 'large liquidations in 2024'),
        ('SHIB', 'Shiba Inu', 'meme', date '2020-01-01', null, 'large liquidations in October 2021')
)

select asset, name, asset_group, loaded_since, loaded_until, reason
from universe
