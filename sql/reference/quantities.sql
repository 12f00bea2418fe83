-- description: The quantities that a claim can speak of: which belong to the market, which raw kind holds
--   them here, and which only a vendor could count. What is not listed is outside the scope.
-- grain: quantity
-- column: quantity | text | Name used in claims and in reference.published_figures
-- column: title | text | What it is
-- column: family | text | Quantities of one family can be mistaken for one another
-- column: is_market | bool | A quantity of the crypto market
-- column: is_vendor_only | bool | Nobody but the vendor can count it, so no figure of it can be verified
-- column: raw_kind | text | Raw table that it comes from; null where none holds it
-- column: unit | text | Unit of the quantity: usd, pct, share, coin, accounts; null for an index
-- column: needs_interval | bool | A rate: the figure means nothing without per interval, month or year
-- column: plausible_yearly_pct | percent | A reading of a rate beyond this is implausible (rule of thumb: the
--   yearly averages of the hottest markets so far stayed below it); null where it is no rate
-- column: should_state | text | What a complete statement names beside the figure
-- assert: vendor_only_has_no_kind | not is_vendor_only or raw_kind is null
-- assert: outside_is_no_market | (family = 'outside') = (not is_market)
with listed (
    quantity, title, family, is_market, is_vendor_only, raw_kind, unit, needs_interval,
    plausible_yearly_pct, should_state
) as (
    values
        ('liquidations_total', 'Liquidated notional, both sides', 'liquidations', true, false,
            'liquidation_buckets', 'usd', false, null, null),
        ('liquidations_long', 'Liquidated notional of long positions', 'liquidations', true, false,
            'liquidation_buckets', 'usd', false, null, null),
        ('liquidations_short', 'Liquidated notional of short positions', 'liquidations', true, false,
            'liquidation_buckets', 'usd', false, null, null),
        ('largest_order', 'Largest single liquidation order', 'liquidations', true, false,
            'liquidation_orders', 'usd', false, null, null),
        ('traders_liquidated', 'Accounts liquidated; no exchange publishes them', 'liquidations', true,
            true, null, 'accounts', false, null, null),
        ('long_short_accounts', 'Accounts that are long or short', 'positioning', true, true, null, 'share',
            false, null, null),
        ('price_open', 'First price of the day', 'price', true, false, 'prices', 'usd', false, null, null),
        ('price_high', 'Highest price of the day', 'price', true, false, 'prices', 'usd', false, null, null),
        ('price_low', 'Lowest price of the day', 'price', true, false, 'prices', 'usd', false, null, null),
        ('price_close', 'Last price of the day', 'price', true, false, 'prices', 'usd', false, null, null),
        ('drawdown_open_low', 'Fall from the day''s open to its low', 'price', true, false, 'prices', 'pct',
            false, null, null),
        ('drawdown_high_low', 'Fall from the day''s high to its low', 'price', true, false, 'prices', 'pct',
            false, null, null),
        ('up_month_share', 'Share of years in which a calendar month closed higher', 'seasonality', true,
            false, 'prices', 'share', false, null, null),
        ('etf_flow', 'Net flow of the spot ETFs of an asset', 'etf', true, false, 'etf_flows', 'usd', false,
            null, null),
        ('etf_flow_sum', 'Net flow of the spot ETFs summed since a session', 'etf', true, false,
            'etf_flows', 'usd', false, null, null),
        ('etf_flow_day_record', 'Largest net flow of one session so far', 'etf', true, false, 'etf_flows',
            'usd', false, null, null),
        ('etf_flow_week_record', 'Largest net flow of one week so far', 'etf', true, false, 'etf_flows',
            'usd', false, null, null),
        ('dex_volume', 'Volume traded on decentralised exchanges of a chain', 'onchain', true, false,
            'onchain_volume', 'usd', false, null, null),
        ('dapp_volume', 'Volume of all applications of a chain', 'onchain', true, false, null, 'usd', false,
            null, null),
        ('network_activity', 'Index of activity on a chain', 'onchain', true, false, null, null, false,
            null, null),
        ('network_activity_change', 'Change of an index of activity on a chain', 'onchain', true, false,
            null, 'pct', false, null, null),
        ('network_transaction_volume', 'Value moved by the transactions of a chain', 'onchain', true, false,
            'onchain_volume', 'usd', false, null, null),
        ('total_value_locked', 'Value deposited in the applications of a chain', 'onchain', true, false,
            null, 'usd', false, null, null),
        ('stablecoin_supply', 'Stablecoins in circulation', 'onchain', true, false, null, 'usd', false,
            null, null),
        ('exchange_reserves', 'Coins held by exchanges', 'onchain', true, false, null, 'coin', false, null,
            null),
        ('futures_premium', 'Premium of dated futures over the index', 'derivatives', true, false,
            'futures_basis', 'pct', true, 100, 'tenor, venue'),
        ('futures_premium_neutral', 'Premium of dated futures called neutral', 'derivatives', true, false,
            null, 'pct', true, 100, null),
        ('funding_rate', 'Funding rate of perpetuals', 'derivatives', true, false, 'funding_rates', 'pct',
            true, 200, 'venue'),
        ('funding_rate_neutral', 'Funding rate called neutral', 'derivatives', true, false, null, 'pct',
            true, 200, null),
        ('option_skew_25d', 'Implied volatility of 25-delta puts less that of calls', 'derivatives', true,
            false, 'option_volatility', 'pct', false, null, 'delta, tenor'),
        ('implied_volatility', 'Implied volatility of options, annualised', 'derivatives', true, false,
            'option_volatility', 'pct', false, null, 'tenor'),
        ('open_interest', 'Open positions, one-sided', 'derivatives', true, false, 'open_interest', 'usd',
            false, null, null),
        ('spot_volume', 'Volume traded on spot markets', 'market', true, false, null, 'usd', false, null,
            null),
        ('market_cap', 'Market capitalisation', 'market', true, false, null, 'usd', false, null, null),
        ('bitcoin_dominance', 'Share of bitcoin in the market capitalisation', 'market', true, false, null,
            'pct', false, null, null),
        ('fear_and_greed', 'Index of sentiment', 'market', true, false, null, null, false, null, null),
        ('fund_flows_weekly', 'Weekly flows of exchange-traded crypto products', 'etf', true, false, null,
            'usd', false, null, null),
        ('consumer_prices', 'Consumer price inflation of a country', 'outside', false, false, null, 'pct',
            false, null, null),
        ('policy_rate', 'Policy rate of a central bank', 'outside', false, false, null, 'pct', false, null,
            null),
        ('employment', 'Labour market statistics', 'outside', false, false, null, null, false, null, null),
        ('equity_index', 'Level of a share index', 'outside', false, false, null, null, false, null, null),
        ('antitrust_probe', 'An investigation of a company by an authority', 'outside', false, false, null,
            null, false, null, null),
        ('regulation', 'A law, a ruling, a licence', 'outside', false, false, null, null, false, null, null),
        ('election', 'An election', 'outside', false, false, null, null, false, null, null)
)

select
    quantity,
    title,
    family,
    is_market,
    is_vendor_only,
    raw_kind,
    unit,
    needs_interval,
    plausible_yearly_pct,
    should_state
from listed
