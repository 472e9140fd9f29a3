"""Reads an OGC API with QGIS, without a display, and prints JSON: `qgis-client.py URL/ogc`."""

import json
import os
import sys

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsDataSourceUri,
    QgsFeatureRequest,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsNetworkAccessManager,
    QgsRectangle,
    QgsVectorLayer,
    QgsVectorTileLayer,
)
from qgis.PyQt.QtCore import QSize

api = sys.argv[1]
application = QgsApplication([], False)
application.initQgis()

requests = []
QgsNetworkAccessManager.instance().requestAboutToBeCreated[
    "QgsNetworkRequestParameters"
].connect(lambda parameters: requests.append(parameters.request().url().toString()))
problems = []
application.messageLog().messageReceived[str, str, Qgis.MessageLevel].connect(
    lambda message, tag, level: problems.append(f"{tag}: {message}")
)


def layer_of(name, **options):
    uri = QgsDataSourceUri()
    for key, value in {"url": api, "typename": name, "pageSize": "1000", **options}.items():
        uri.setParam(key, value)
    return QgsVectorLayer(uri.uri(False), name, "OAPIF")


def describe(layer):
    extent = layer.extent()
    return {
        "valid": layer.isValid(),
        "crs": layer.crs().authid(),
        "fields": {field.name(): field.typeName() for field in layer.fields()},
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
    }


def read(layer, request=QgsFeatureRequest()):
    """The names of the features, and the requests for items since the last call."""
    names = sorted(feature["name"] for feature in layer.getFeatures(request))
    # The download thread reports its requests through the event loop.
    application.processEvents()
    made = [url for url in requests if "/items" in url]
    requests.clear()
    return {"names": names, "requests": made}


def filtered(condition):
    layer = layer_of("places")
    return {"accepted": layer.setSubsetString(condition), **read(layer)}


def painted(layer):
    """The share of the pixels of a world map that a layer paints."""
    settings = QgsMapSettings()
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    settings.setExtent(QgsRectangle(-2.0e7, -2.0e7, 2.0e7, 2.0e7))
    settings.setOutputSize(QSize(256, 256))
    settings.setLayers([layer])
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    background = image.pixel(0, 0)
    pixels = [image.pixel(x, y) != background for x in range(256) for y in range(256)]
    return sum(pixels) / len(pixels)


places = layer_of("places")
squares = layer_of("squares")
tiles = f"{api}/collections/places/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
output = {
    "places": describe(places),
    "all": read(places),
    "box": read(
        layer_of("places", restrictToRequestBBOX="1"),
        QgsFeatureRequest().setFilterRect(QgsRectangle(-86, -56, -80, -50)),
    ),
    "equal": filtered("\"name\" = 'Place 7'"),
    "greater": filtered('"population" > 2498000'),
    "since": filtered("\"seen\" >= '2020-04-14T00:00:00Z'"),
    "squares": describe(squares),
    "geometry": next(squares.getFeatures()).geometry().asWkt(3),
    "painted": painted(QgsVectorTileLayer(f"type=xyz&url={tiles}&zmin=0&zmax=22", "tiles")),
    "problems": problems,
}
print(json.dumps(output), flush=True)
# Some versions crash when they destroy the layers without a display.
os._exit(0)
