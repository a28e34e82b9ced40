create schema if not exists redferry;

-- The multipart uploads that are open, one per destination.
create table if not exists redferry.upload (
    dst_bucket text collate "C" not null,
    dst_key    text collate "C" not null,
    src_bucket text collate "C" not null,
    src_key    text collate "C" not null,
    etag       text not null,
    size       bigint not null,
    part_size  bigint not null,
    upload_id  text not null,
    meta       text not null,
    primary key (dst_bucket, dst_key)
);

-- What was copied. The order "C" of its keys is that in which S3 lists.
create table if not exists redferry.entry (
    dst_bucket text collate "C" not null,
    dst_key    text collate "C" not null,
    target     text not null,
    src_bucket text collate "C" not null,
    src_key    text collate "C" not null,
    etag       text not null,
    size       bigint not null,
    checksum   text not null,
    level      text not null,
    copied     timestamptz not null,
    primary key (dst_bucket, dst_key)
);
