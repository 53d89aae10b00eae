// A user who may read everything and write nothing. Run as an administrator on the system database, with $password set;
// roles need Neo4j Enterprise, Community refuses the second statement.
CREATE USER reader IF NOT EXISTS SET PASSWORD $password CHANGE NOT REQUIRED;
GRANT ROLE reader TO reader;
