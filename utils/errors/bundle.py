"""Why a bundle cannot be made or opened."""

from __future__ import annotations

from utils.errors.base import V3Error


class BundleTrouble(V3Error):
    code = "bundle"
    default_message = "The bundle failed inside this program."
    default_hint = "app.log has the details. Please report it."


class UnknownBundle(BundleTrouble):
    code = "unknown-bundle"
    default_message = "This bundle is not prepared any more."
    default_hint = "Prepare it again."


class NotABundle(BundleTrouble):
    code = "not-a-bundle"
    default_message = "This file is no bundle of this program."
    default_hint = "Choose a file that “Bundle” or v3 bundle saved: a zip with bundle.json in it."


class BundleNewer(BundleTrouble):
    """details: version (of the format)."""

    code = "bundle-newer"
    default_message = "A newer version of this program made this bundle."
    default_hint = "Open it with that version, or update this one."


class BundleDamaged(BundleTrouble):
    """details: file (the part that is damaged, where it is one)."""

    code = "bundle-damaged"
    default_message = "This bundle is damaged or cut short. Nothing of it was opened."
    default_hint = "Copy or download it once more. If that does not help, have it made again."


class BundleTooLarge(BundleTrouble):
    code = "bundle-too-large"
    default_message = "This bundle unpacks to more than is opened here."
    default_hint = "Have one made of fewer check-ups, without recordings."


class BundleUnsafe(BundleTrouble):
    """details: file (the name)."""

    code = "bundle-unsafe"
    default_message = "This file holds names that no bundle has. Nothing of it was opened."
    default_hint = "Do not open it by other means. Ask whoever sent it for the bundle itself."


class BundleSealed(BundleTrouble):
    code = "bundle-sealed"
    default_message = "This bundle is sealed with a passphrase."
    default_hint = "Type the passphrase that it was saved with."
