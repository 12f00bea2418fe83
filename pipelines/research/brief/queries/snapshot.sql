-- title: Version
-- says: The published version that every figure here is read from.
-- column: version | text | Version
-- column: published_at | timestamptz | Published
-- column: now_at | timestamptz | Data up to
-- column: origin | text | Origin
-- column: commit | text | Commit
select version, published_at, now_at, origin, commit, 'this warehouse' as source, 'complete' as coverage
from meta.snapshot
