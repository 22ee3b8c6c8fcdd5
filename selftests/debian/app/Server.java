// SPDX-License-Identifier: GPL-2.0-only
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/** A service on the JVM: code that gets hot, a digest, a file, a child process. */
class Server {
	interface Answer {
		String text() throws Exception;
	}

	static long work(int rounds) {
		long sum = 0;

		for (int i = 0; i < rounds; i++)
			sum = (sum * 31 + i) % 1000003;
		return sum;
	}

	static String digest() throws Exception {
		byte[] digest = MessageDigest.getInstance("SHA-256").digest();

		return String.format("%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
	}

	static String file() throws Exception {
		Path path = Files.createTempFile("server", ".txt");

		Files.writeString(path, "written");
		return Files.readString(path);
	}

	static String child() throws Exception {
		String java = System.getProperty("java.home") + "/bin/java";
		Process process = new ProcessBuilder(java, "-version").start();

		return "child " + process.waitFor();
	}

	static void reply(HttpExchange exchange, Answer answer) throws IOException {
		byte[] body;

		try {
			body = (answer.text() + "\n").getBytes();
		} catch (Exception e) {
			body = (e + "\n").getBytes();
		}
		exchange.sendResponseHeaders(200, body.length);
		exchange.getResponseBody().write(body);
		exchange.close();
	}

	public static void main(String[] arguments) throws Exception {
		HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 8004), 0);

		server.createContext("/page", e -> reply(e, () -> "it is served"));
		server.createContext("/hot", e -> reply(e, () -> "" + work(2000000)));
		server.createContext("/digest", e -> reply(e, Server::digest));
		server.createContext("/file", e -> reply(e, Server::file));
		server.createContext("/child", e -> reply(e, Server::child));
		server.start();
	}
}
