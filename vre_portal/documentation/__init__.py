"""The documentation as pages of the portal: the files of docs/, what the portal is, and the glossary."""
