package flights

import "github.com/redferry/redferry"

// HostileTable has a name that breaks what is not quoted.
var HostileTable = redferry.Table{Schema: Schema, Name: `weird "table"; drop\ 'me' ✈`}

// definitions are what Redshift A has. In alphabetical order they could not be
// created: cancellations, before flights, refers to it.
var definitions = []string{
	`CREATE SCHEMA air`,
	`CREATE TABLE air.airports (
		iata      varchar(4)       NOT NULL ENCODE raw,
		name      varchar(100)     ENCODE zstd,
		city      varchar(60)      ENCODE bytedict,
		state     varchar(2)       ENCODE bytedict,
		country   varchar(60)      ENCODE runlength DEFAULT 'USA',
		latitude  double precision ENCODE zstd,
		longitude double precision ENCODE zstd,
		CONSTRAINT airports_pkey PRIMARY KEY (iata)
	) DISTSTYLE ALL SORTKEY (iata)`,
	`COMMENT ON TABLE air.airports IS 'Airports of the United States; "iata" is the code on a bag''s tag'`,
	`CREATE TABLE air.flights (
		id          bigint      IDENTITY(1, 1) ENCODE az64,
		date        timestamp   NOT NULL ENCODE az64,
		delay       smallint    ENCODE az64,
		distance    integer     ENCODE az64,
		origin      varchar(4)  NOT NULL ENCODE bytedict,
		destination varchar(4)  NOT NULL ENCODE bytedict,
		CONSTRAINT flights_pkey PRIMARY KEY (id),
		CONSTRAINT flights_origin_fkey FOREIGN KEY (origin) REFERENCES air.airports (iata),
		CONSTRAINT flights_destination_fkey FOREIGN KEY (destination) REFERENCES air.airports (iata)
	) DISTKEY (origin) COMPOUND SORTKEY (date, origin)`,
	`COMMENT ON TABLE air.flights IS 'US flights of January 2001'`,
	`COMMENT ON COLUMN air.flights.delay IS 'minutes; \\ negative: early'`,
	`CREATE TABLE air.cancellations (
		flight bigint NOT NULL REFERENCES air.flights (id),
		reason varchar(200)
	) DISTSTYLE EVEN`,
	`COMMENT ON TABLE air.cancellations IS 'empty: UNLOAD of no rows writes no file and no manifest'`,
	`CREATE TABLE ` + HostileTable.String() + ` (
		"it's"       integer NOT NULL,
		"back\slash" varchar(400) DEFAULT 'it''s\\',
		"select"     numeric(12, 3)
	) DISTSTYLE AUTO`,
	`CREATE TABLE air.raw_flights (date timestamp, delay smallint, distance integer, origin varchar(4), destination varchar(4))`,
}

// A HostileRow is a row of [HostileTable]; nil is NULL.
type HostileRow struct {
	ID     int64
	Text   any
	Amount any
}

// Hostile are values that are easily mangled on the way.
var Hostile = []HostileRow{
	{1, `it's "quoted"`, "0.001"},
	{2, `C:\temp\new`, "-0.001"},
	{3, "first\nsecond\r\nthird\ttab", "123456789.123"},
	{4, "", "0"},
	{5, nil, nil},
	{6, "NULL", "999999999.999"},
	{7, `\N`, nil},
	{8, "🛫 naïve Zürich 東京", "1"},
	{9, "'; DROP TABLE air.flights; --", "2"},
	{10, "   blanks   ", "3"},
}
