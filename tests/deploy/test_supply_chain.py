"""The SBOM is whole, and every part has a licence that somebody has looked at."""

import importlib.machinery
import importlib.util
import re
import unittest

from installation import TREE, migrated_installation

loader = importlib.machinery.SourceFileLoader("sbom", str(TREE / "deploy/supply-chain/sbom"))
sbom = importlib.util.module_from_spec(importlib.util.spec_from_loader("sbom", loader))
loader.exec_module(sbom)


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.images = migrated_installation().images
        folder = cls.images.directory / "for-the-sbom"
        for service in ("identity-service", "product-core-api", "console", "phasezero"):
            (folder / service).mkdir(parents=True)
            (folder / service / "root").symlink_to(cls.images.root(service))
        cls.document = sbom.document(folder, "2026-01-01T00:00:00Z")
        cls.folder = folder

    def test_is_whole(self):
        known = {package["SPDXID"] for package in self.document["packages"]} | {"SPDXRef-DOCUMENT"}
        self.assertEqual(len(known), len(self.document["packages"]) + 1)
        for relation in self.document["relationships"]:
            self.assertIn(relation["spdxElementId"], known)
            self.assertIn(relation["relatedSpdxElement"], known)
        related = {relation["relatedSpdxElement"] for relation in self.document["relationships"]}
        self.assertEqual(related, known - {"SPDXRef-DOCUMENT"})

    def test_has_every_package_of_every_image_and_the_consoles_from_npm(self):
        names = {package["name"] for package in self.document["packages"]}
        for service in ("identity-service", "product-core-api", "console", "phasezero"):
            self.assertLessEqual(set(self.images.image(service).packages), names)
        self.assertLessEqual({"react", "zod", "redoc", "swagger-ui-dist", "libboost1.81-dev", "nginx"}, names)
        self.assertNotIn("vite", names)

    def test_is_the_same_when_nothing_has_changed(self):
        self.assertEqual(self.document, sbom.document(self.folder, "2026-01-01T00:00:00Z"))

    def test_names_a_licence_of_every_part_but_our_own(self):
        for package in self.document["packages"]:
            if not package["SPDXID"].startswith("SPDXRef-image-"):
                self.assertRegex(package["licenseDeclared"], r"^[A-Za-z0-9.+-]+( (WITH|OR|AND) [A-Za-z0-9.+-]+)*$", package["name"])
                self.assertTrue(re.match(r"pkg:(deb|npm)/", package["externalRefs"][0]["referenceLocator"]))

    def test_refuses_a_part_that_nobody_has_looked_at(self):
        with self.assertRaises(SystemExit):
            sbom.debian("libsomething", "1", "amd64")
        allowed = sbom.LICENCES["npm"]["allowed"]
        allowed.remove("MIT")
        self.addCleanup(allowed.append, "MIT")
        with self.assertRaises(SystemExit):
            sbom.from_npm()
