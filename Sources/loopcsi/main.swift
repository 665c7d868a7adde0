import DriverApp
import Glibc

exit(Command.run(CommandLine.arguments))
