"""Every known trap of the upstreams and the test that holds it: a list that cannot rot.

One line each, by the order of the facts: all upstreams, liquidations, ETF flows, chains, funding, context.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
TRAPS = """
all: HTTP 200 with an error inside, OKX | sources/test_okx.py::test_a_refusal_has_its_own_name
all: HTTP 200 with an error inside, OKX orders | sources/test_okx_orders.py::test_an_error_inside_http_200_has_its_own_name
all: HTTP 200 with an error inside, Bybit | sources/test_bybit_interest.py::test_errors_inside_200_and_the_country_block
all: HTTP 200 with an error inside, CoinGlass | sources/test_coinglass.py::test_the_code_counts_and_not_the_status
all: HTTP 200 with an error inside, SoSoValue | sources/test_sosovalue.py::test_errors_inside_200
all: HTTP 200 with an error inside, HTX | sources/test_htx.py::test_an_error_inside_http_200_has_its_own_name
all: HTTP 200 with an error inside, Kraken | sources/test_kraken.py::test_errors_inside_200
all: HTTP 200 with an error inside, Deribit 10028 | sources/test_deribit.py::test_faults_and_the_rate_error_10028
all: an object where a list belongs is no empty answer | sources/test_coinalyze.py::test_an_object_where_a_list_belongs_is_never_no_data
all: 451 and 403 are unreachable, never no data | sources/test_http.py::test_a_refusal_is_a_state
all: unreachable is a status of its own in the facts | sql/test_coverage_models.py::TestAsking::test_a_refused_route_or_key_is_unreachable
all: a closed route is not a wrong key | sources/test_coinglass.py::test_a_closed_route_is_not_a_wrong_key
all: a blocked country, dYdX | sources/test_dydx.py::test_a_blocked_country_and_a_wrong_spelling_are_told_apart
all: the ban 418 | sources/test_binance_context.py::test_451_is_unreachable_and_not_empty_and_418_rests
all: 429 with a fractional Retry-After | sources/test_http.py::test_retry_after_may_be_a_fraction
all: a wish for a pause past the cap | sources/test_http.py::test_past_the_cap_the_source_rests
all: a body that breaks off | runs/test_runs_ingest.py::test_an_answer_that_breaks_off_is_asked_for_again
all: an archive's 404 is an answer | sources/test_http.py::test_an_archive_s_404_is_an_answer
all: a 404 of an archive is no zero | sql/test_order_models.py::test_a_file_that_the_archive_does_not_have_is_no_zero
all: the forming bucket is served, liquidations | sources/test_coinalyze.py::test_the_running_day_is_left_out
all: the forming bucket is served, DEX volume | sources/test_defillama.py::test_the_running_day_is_left_out
all: the forming bucket is served, prices | sources/test_kraken.py::test_the_last_bar_is_running_and_dropped
all: the forming day reaches a fact | sql/test_liquidation_models.py::TestDays::test_the_forming_day_appears_in_no_fact
all: restated values | storage/test_raw_vintages.py::test_a_restated_value_is_a_second_vintage_and_the_rest_stays
all: a shrunken answer takes most back | storage/test_raw_vintages.py::test_an_answer_that_takes_most_back_is_refused_and_named
all: a shrunken answer is named until it is accepted | runs/test_upkeep.py::test_a_shrunken_window_is_named_and_counts_when_accepted
all: the key echoed in an error | sources/test_http.py::test_an_upstream_that_echoes_the_key_cannot_make_it_leak
all: absolute links point past the mirror | sources/test_http.py::test_an_absolute_link_goes_through_the_mirror_too
all: symbol multipliers, 1000PEPE and kPEPE | sources/test_names.py::test_a_multiple_is_no_part_of_the_asset
all: a name that only looks like a multiple | sources/test_names.py::test_a_name_that_only_looks_like_a_multiple_is_left_alone
all: one venue under several spellings | sources/test_names.py::test_a_venue_has_one_name_and_a_group_is_its_sorted_members
all: a name in another alphabet, of which a rest would be another asset | sources/test_names.py::test_a_listed_name_in_another_alphabet_is_no_asset_and_no_fault
all: a name in another alphabet costs the list of a venue | sources/test_instruments.py::test_a_contract_named_in_another_alphabet_does_not_cost_the_list
all: a name in another alphabet costs the list of a vendor | sources/test_coinalyze.py::test_a_market_named_in_another_alphabet_does_not_cost_the_list
liquidations: side words, the order sells | sources/test_orders.py::test_a_selling_order_closed_a_long
liquidations: side words, a word nobody knows | sources/test_orders.py::test_another_word_is_no_side
liquidations: side words, OKX net positions | sources/test_okx_orders.py::test_a_position_that_says_net_is_read_from_the_order
liquidations: side words, Gate position against order | sources/test_gate_orders.py::test_the_order_counts_and_not_the_position_that_is_repeated
liquidations: side words, HTX buys back a short | sources/test_htx.py::test_an_inverse_order_is_contracts_times_face_and_buys_back_a_short
liquidations: side words, Deribit maker and taker | sources/test_deribit_trades.py::test_who_was_liquidated_decides_the_side
liquidations: side words, dYdX taker | sources/test_dydx.py::test_the_side_is_the_takers_so_a_sale_closed_a_long
liquidations: side words, Tardis | sources/test_tardis.py::test_a_line_as_a_whole_with_its_microseconds
liquidations: COIN-M face value, never contracts times price | sources/test_binance_snapshots.py::test_contracts_are_worth_their_face_and_never_their_price
liquidations: COIN-M face value of 10 dollars | sources/test_binance_snapshots.py::test_contracts_of_other_coins_are_ten_dollars
liquidations: COIN-M face value is measured, and near a power of ten | sources/test_binance_contracts.py::test_a_quotient_that_is_near_none_is_named
liquidations: COIN-M face value that changed within the days | sources/test_binance_contracts.py::test_a_face_that_changed_within_the_span_is_named_with_its_days
liquidations: face value, OKX inverse | sources/test_okx_orders.py::test_an_inverse_order_is_contracts_times_dollars
liquidations: face value, Gate settle btc with multiplier 0 | sources/test_gate_orders.py::test_a_contract_of_settle_btc_is_one_dollar_whatever_its_multiplier_says
liquidations: face value, Deribit inverse | sources/test_deribit_trades.py::test_the_amount_of_a_coin_margined_future_is_dollars
liquidations: units differ by exchange, Tardis | sources/test_tardis.py::test_every_exchange_has_its_own_unit
liquidations: units are what the lists say and not typed in, Tardis | sources/test_tardis.py::test_units_are_what_the_lists_say_now_and_none_is_typed_in
liquidations: one list that is down costs its own parts alone, Tardis | sources/test_tardis.py::test_a_venue_whose_list_is_down_fails_alone_and_says_why
liquidations: contract values, OKX linear | sources/test_okx_orders.py::test_a_linear_order_is_contracts_times_value_times_price
liquidations: contract values times a multiple, OKX | sources/test_instruments.py::test_a_list_says_what_a_contract_is_worth_and_the_answer_when
liquidations: HTX amount is contracts in one version, coins in another | sources/test_htx.py::test_a_linear_order_is_worth_its_turnover_and_amount_is_not_coins
liquidations: exact duplicate rows of an archive | sources/test_binance_snapshots.py::test_exact_duplicate_rows_are_one_order
liquidations: several states of one order | sources/test_binance_snapshots.py::test_several_rows_of_one_order_count_in_their_last_state
liquidations: equal events of one moment both happened | sources/test_orders.py::test_equal_orders_of_one_moment_are_told_apart_and_others_are_not_numbered
liquidations: missing files of the archive | sources/test_binance_snapshots.py::test_a_day_that_the_listing_does_not_name_costs_no_request
liquidations: the remainder that an order left open | sources/test_gate_orders.py::test_what_the_order_left_open_was_not_liquidated_whatever_its_sign
liquidations: an optional field marks few trades | sources/test_deribit_trades.py::test_a_tape_without_the_optional_field_holds_no_liquidation
liquidations: deleveraged trades are none | sources/test_dydx.py::test_ordinary_and_deleveraged_trades_are_no_liquidations
liquidations: pages that share a millisecond | sources/test_orders.py::test_pages_neither_lose_nor_double_what_shares_a_moment
liquidations: a cursor that is ignored | sources/test_htx.py::test_a_cursor_that_is_ignored_is_caught
liquidations: a feed that forgets within a day | sql/test_order_models.py::test_nights_of_a_rolling_feed_make_whole_days_where_they_touch
liquidations: a window that the feed no longer holds whole | sources/test_okx_orders.py::test_a_window_that_the_feed_no_longer_holds_whole_fails
liquidations: an hour of orders that is cut at its limit | sources/test_gate_orders.py::test_a_full_page_may_be_cut_so_its_hour_is_asked_in_halves
liquidations: more than 180 days back is refused | sources/test_gate.py::test_more_than_180_days_is_refused_with_its_own_words
liquidations: what an upstream no longer keeps is before its history | sql/test_coverage_of_short_memories.py::test_a_day_older_than_the_depth_at_the_newest_asking_is_before_history
liquidations: Gate day rows may not begin at 00:00 UTC | sources/test_gate.py::test_a_row_that_is_no_hour_is_named_since_day_rows_are_not_aligned_for_sure
liquidations: seconds, where milliseconds give an empty 200, Coinalyze | sources/test_coinalyze.py::test_the_whole_window_in_one_question
liquidations: each symbol of a question costs a call, Coinalyze | sources/test_coinalyze.py::test_every_symbol_of_a_question_is_a_call
liquidations: an absent day stays absent | sources/test_coinalyze.py::test_nothing_is_a_legitimate_answer_and_an_absent_day_stays_absent
liquidations: microseconds, Tardis | sources/test_tardis.py::test_a_line_as_a_whole_with_its_microseconds
liquidations: zero padding at both ends | sql/test_liquidation_models.py::TestPadding::test_zeros_before_the_first_and_after_the_last_figure_are_dropped_and_those_between_stay
liquidations: zero padding is kept in raw | sources/test_coinglass.py::test_the_columns_of_the_contract_and_padding_as_it_came
liquidations: zero padding is no coverage | sql/test_coverage_models.py::test_padding_is_no_figure
liquidations: a group of venues beside one of its members | sql/test_liquidation_models.py::TestGroups::test_a_group_beside_a_member_becomes_the_member_and_a_derived_remainder
liquidations: a group across two sources | sql/test_liquidation_models.py::TestSources::test_another_source_adds_only_venues_that_are_not_told_yet_even_in_a_group
liquidations: one series by day and by hours | sql/test_liquidation_models.py::TestDays::test_a_series_told_by_day_and_by_hours_counts_once
liquidations: buckets and orders of one venue | sql/test_order_models.py::TestBesideBuckets::test_buckets_and_orders_of_one_source_tell_a_venue_once
etf: challenge page instead of the table | sources/test_farside.py::test_the_browser_check_is_not_asked_twice
etf: a page saved by hand reaches the facts | test_saved_page.py::test_a_saved_page_becomes_facts_with_its_own_time
etf: a saved page of the last weeks takes nothing back | test_saved_page.py::test_the_short_page_retracts_nothing_before_its_first_session
etf: a page that was cut still parses | sources/test_farside.py::test_a_cut_page_that_still_parses_is_asked_again
etf: a dash is null, never zero | sources/test_farside.py::test_today_before_the_first_report_is_nulls_and_the_printed_total
etf: holiday rows | sql/test_etf_models.py::test_holidays_pending_and_missing_sessions_are_null_and_never_zero
etf: a holiday lacks nothing | sql/test_coverage_models.py::test_etf_sessions_are_weekdays_and_a_holiday_lacks_nothing
etf: footer, fee and seed rows | sources/test_farside.py::test_the_columns_of_the_contract_and_exact_dollars
etf: the short page with fee row and three header rows | sources/test_farside.py::test_the_short_page_with_its_three_header_rows
etf: rows of fee, seed and staking among header rows or sessions | sources/test_farside_recent.py::test_what_is_said_of_the_funds_is_no_session_and_no_ticker_wherever_it_stands
etf: the page of the last weeks forgets | sources/test_farside_recent.py::test_a_page_that_forgot_too_much_fails_by_name_and_takes_nothing_back
etf: a fund leaves the page of the last weeks | sources/test_farside_recent.py::test_a_fund_that_leaves_the_page_keeps_its_sessions_before_the_window
etf: an old copy of a page says nothing of the days since | test_saved_page.py::test_an_old_copy_says_nothing_of_the_days_since
etf: inserted columns | sources/test_farside.py::test_an_inserted_column_moves_nothing
etf: pages differ in the order of columns | sources/test_farside.py::test_columns_are_known_by_name
etf: a renamed fund | sources/test_farside.py::test_the_renamed_ether_fund_is_one_series
etf: a partial total before the last fund reports | sql/test_etf_models.py::test_a_session_is_partial_until_the_last_fund_reports
etf: a missing flow is not zero, CoinGlass | sources/test_coinglass.py::test_a_fund_without_a_flow_is_null_and_never_zero
etf: two spellings of one field, SoSoValue | sources/test_sosovalue.py::test_totals_in_usd_under_both_spellings
etf: the last 300 sessions only | sources/test_sosovalue.py::test_300_sessions_are_all_there_is_so_older_ones_are_never_asked
etf: BOM, preamble and footer, iShares | sources/test_ishares.py::test_the_bom_the_preamble_and_the_footer_are_not_rows
etf: a date without a file, iShares | sources/test_ishares.py::test_a_dash_is_a_date_without_a_file
chains: negative and null points | sql/test_onchain_and_price_models.py::TestOnchainVolume::test_negative_and_null_points_are_no_volume_and_say_why
chains: a set of chains with a nulled member | sql/test_coverage_models.py::test_a_chain_whose_point_was_nulled_is_not_there
chains: the breakdown is tens of megabytes | sources/test_defillama.py::test_the_chart_is_asked_for_and_the_breakdown_is_not
chains: a plain-text 404 | sources/test_defillama.py::test_a_chain_that_is_gone_is_an_answer_but_the_total_is_not
chains: sampled points, blockchain.com | sources/test_blockchain.py::test_a_sampled_answer_is_refused
chains: one metric that is not free fails the question | sources/test_coinmetrics.py::test_403_is_about_the_metric_and_not_about_the_route
chains: values are text and a null is no zero | sources/test_coinmetrics.py::test_values_are_text_and_a_null_is_no_row_and_no_zero
funding: percent against fraction, Coinalyze | sources/test_coinalyze_context.py::test_percent_becomes_a_fraction_and_the_close_is_no_sum_of_the_day
funding: percent against fraction, CoinGlass | sources/test_coinglass_funding.py::test_percent_becomes_a_fraction_and_the_running_day_is_left_out
funding: seconds, Gate | sources/test_gate.py::test_funding_times_are_seconds_and_rates_fractions
funding: jitter of milliseconds | sources/test_hyperliquid.py::test_hours_keep_their_milliseconds
funding: interval changes | sql/test_funding_models.py::test_an_interval_that_changes_from_eight_hours_to_four
funding: interval changes within a day | sql/test_funding_models.py::test_an_interval_that_changes_in_the_middle_of_a_day_either_way
funding: a settlement hours late | sql/test_funding_models.py::test_a_late_settlement_belongs_to_its_day_and_breaks_nothing
funding: a hole in a series | sql/test_funding_models.py::test_a_hole_of_days_leaves_no_rows_and_partial_edges
funding: the 744-row silent cut | sources/test_deribit_trades.py::test_as_many_rows_as_the_silent_cut_leaves_are_no_answer
funding: trailing eight hours beside the hour, Deribit | sources/test_deribit_trades.py::test_the_rate_is_that_of_the_hour_and_not_the_trailing_eight
funding: UTC+8 files | sources/test_okx.py::test_the_file_of_a_window_is_named_by_its_month_in_utc_plus_8
funding: the prediction beside the realized rate, OKX | sources/test_okx.py::test_the_realized_rate_counts_and_what_is_ahead_is_left_out
funding: files with and without a header | sources/test_binance_funding.py::test_settlements_keep_their_milliseconds_and_their_own_interval
funding: pages from new to old, Bybit | sources/test_bybit.py::test_pages_go_back_until_the_start_is_reached
funding: a realized rate that is null, HTX | sources/test_htx.py::test_a_realized_rate_that_is_null_leaves_the_announced_one
funding: a page that ends without a word, Hyperliquid | sources/test_hyperliquid.py::test_a_page_that_ends_without_a_word_is_followed_to_the_last_hour
context: milliseconds and microseconds, Binance files | sources/test_binance.py::test_files_in_milliseconds_and_microseconds_with_or_without_header_are_the_same_bars
context: LOW before HIGH before open, Coinbase | sources/test_coinbase.py::test_columns_are_told_apart_numbers_are_exact_and_the_running_day_is_left_out
context: only the last 720 bars, Kraken | sources/test_kraken.py::test_720_bars_are_all_there_is_so_older_days_are_never_asked
context: double-sided open interest, Bybit | sources/test_bybit_interest.py::test_open_interest_counts_both_sides_and_is_halved
context: double-sided open interest, Gate | sources/test_gate.py::test_open_interest_is_two_sided_and_halved_and_taken_at_midnight
context: double-sided open interest, HTX | sources/test_htx_interest.py::test_both_sides_are_counted_so_linear_coins_and_dollars_are_halved
context: open interest of inverse contracts is contracts, HTX | sources/test_htx_interest.py::test_inverse_contracts_are_counted_and_worth_their_face
context: open interest in another unit than was asked, HTX | sources/test_htx_interest.py::test_another_format_is_named
context: open interest by number of rows alone, HTX | sources/test_htx_interest.py::test_a_full_page_that_does_not_reach_the_window_fails_by_name
context: a stamp that may be the start or the end of its bucket, HTX | sources/test_htx_interest.py::test_midnight_counts_once_its_four_hours_are_over
context: UTC+8 days, OKX open interest | sources/test_okx_interest.py::test_midnight_utc_is_kept_and_not_that_of_utc_plus_8
context: symbol multipliers in open interest | sources/test_bybit_interest.py::test_contracts_on_a_thousand_coins_count_thousands
context: doubled rows and empty ratios, metrics files | sources/test_binance_context.py::test_the_row_of_midnight_with_empty_ratios_and_doubled_rows
context: metrics of COIN-M count contracts and coins | sources/test_binance_context.py::test_coin_margined_metrics_count_contracts_and_coins
context: the stamp is the end of the period | sources/test_binance_context.py::test_a_row_is_stamped_at_the_end_of_its_day
context: an empty annualised rate | sources/test_binance_context.py::test_an_empty_annualised_rate_is_not_read_as_a_number
context: the average of an expiring future as the index | sources/test_deribit.py::test_the_index_is_the_perpetuals_not_the_average_of_an_expiring_future
context: DVOL pages by continuation | sources/test_deribit.py::test_pages_go_on_at_the_continuation
"""
LINES = [line.split(" | ") for line in TRAPS.strip().splitlines()]


@cache
def functions_of(name: str) -> dict[str, ast.AST]:
    """Every test of a file, as pytest would name it, by its syntax alone."""
    found: dict[str, ast.AST] = {}
    for node in ast.parse((TESTS / name).read_text()).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{m.name}": m for m in node.body if isinstance(m, ast.FunctionDef)}
        elif isinstance(node, ast.FunctionDef):
            found[node.name] = node
    return found


@pytest.mark.parametrize(("trap", "held_by"), LINES, ids=[trap for trap, _ in LINES])
def test_a_trap_is_held_by_a_test_that_is_there(trap: str, held_by: str) -> None:
    name, test = held_by.split("::", 1)
    assert test in functions_of(name), f"{trap}: {held_by} is not there any more"
    node = functions_of(name)[test]
    assert any(isinstance(n, ast.Assert | ast.With) for n in ast.walk(node)), f"{held_by} claims nothing"
    decorators = [ast.unparse(d) for d in getattr(node, "decorator_list", [])]
    assert not any("skip" in d or "xfail" in d for d in decorators), f"{held_by} is not run"


def test_no_trap_stands_twice() -> None:
    traps = [trap for trap, _ in LINES]
    assert len(set(traps)) == len(traps)
