-- What has happened in the warehouse. Rows are written outside of the
-- transaction they tell of, so that a rollback does not take them away.

CREATE TABLE pg_internal.sys_query_history (
    user_id INTEGER, query_id BIGINT, query_label VARCHAR, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR,
    query_type VARCHAR, status VARCHAR, result_cache_hit BOOLEAN, start_time TIMESTAMP, end_time TIMESTAMP,
    elapsed_time BIGINT, queue_time BIGINT, execution_time BIGINT, error_message VARCHAR, returned_rows BIGINT,
    returned_bytes BIGINT, query_text VARCHAR, redshift_version VARCHAR);

CREATE TABLE pg_internal.sys_load_history (
    user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR, status VARCHAR,
    table_name VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, duration BIGINT, data_source VARCHAR, file_format VARCHAR,
    loaded_rows BIGINT, loaded_bytes BIGINT, source_file_count INTEGER, source_file_bytes BIGINT,
    file_count_scanned INTEGER, file_bytes_scanned BIGINT, error_count BIGINT, copy_job_id BIGINT);

CREATE TABLE pg_internal.sys_load_error_detail (
    user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR, table_id INTEGER,
    start_time TIMESTAMP, file_name VARCHAR, line_number BIGINT, column_name VARCHAR, column_type VARCHAR,
    column_length VARCHAR, "position" INTEGER, error_code INTEGER, error_message VARCHAR);

CREATE TABLE pg_internal.sys_unload_history (
    user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, database_name VARCHAR, status VARCHAR,
    start_time TIMESTAMP, end_time TIMESTAMP, duration BIGINT, file_format VARCHAR, compression_type VARCHAR,
    unloaded_location VARCHAR, unloaded_rows BIGINT, unloaded_files_count BIGINT, unloaded_files_size BIGINT,
    error_message VARCHAR);

CREATE VIEW pg_internal.stl_load_errors AS
SELECT user_id AS userid, 0 AS slice, table_id AS tbl, start_time AS starttime, session_id AS "session", query_id AS query,
       file_name AS filename, line_number, column_name AS colname, column_type AS "type", column_length AS col_length,
       "position", ''::VARCHAR AS raw_line, ''::VARCHAR AS raw_field_value, error_code AS err_code, error_message AS err_reason,
       0 AS is_partial, 0 AS start_offset, 0::BIGINT AS copy_job_id
FROM pg_internal.sys_load_error_detail;
