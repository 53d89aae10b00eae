import java.nio.file.Path;
import org.neo4j.dbms.api.DatabaseManagementService;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;

/** Serves the Neo4j of one home folder over Bolt until it is told to stop, or whoever started it is gone. */
public class Serve {
    public static void main(String[] given) throws Exception {
        Path home = Path.of(given[0]);
        DatabaseManagementService service = new DatabaseManagementServiceBuilder(home)
                .loadPropertiesFromFile(home.resolve("conf").resolve("neo4j.conf"))
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(service::shutdown));
        while (System.in.read() != -1) {
        }
        System.exit(0);
    }
}
